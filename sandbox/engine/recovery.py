"""Puts right what a killed update left behind, with the CLI's and Helm's own means."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox import SandboxError
from sandbox.cluster import topology
from sandbox.engine.cli import Stack, environment
from sandbox.machine import paths
from sandbox.providers.aws.region import Region

_RELEASE = "kubernetes:helm.sh/v3:Release"
_INSTANCE = "aws:rds/instance:Instance"
_OUR_MANAGERS = "pulumi-kubernetes"


def recover(stack: Stack) -> list[str]:
    """What was put right, a line for each thing."""
    if not stack.exists:
        return []
    lines = list(_locks(stack))
    state = json.loads(stack.output("stack", "export"))["deployment"]
    pending = state.get("pending_operations") or []
    resources = [*(state.get("resources") or []), *(item["resource"] for item in pending)]
    lines += _releases(resources)
    if pending:
        lines += _pending(stack, pending)
    return lines


def _locks(stack: Stack) -> Iterator[str]:
    folder = paths.PULUMI / "backend" / ".pulumi" / "locks" / "organization"
    locks = sorted((folder / stack.project / stack.name).glob("*.json"))
    if not locks:
        return
    owners = [json.loads(lock.read_text()) for lock in locks]
    for owner in owners:
        if owner.get("hostname") != socket.gethostname() or _runs_pulumi(owner["pid"]):
            raise SandboxError(
                f"stack {stack.name} is being updated by process {owner['pid']}: wait for its end"
            )
    stack.output("cancel", "--yes", "--non-interactive")
    yield f"released the lock of process {owners[0]['pid']}, which is gone (pulumi cancel)"


def _runs_pulumi(process: int) -> bool:
    try:
        return b"pulumi" in Path(f"/proc/{process}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


def _releases(resources: list[dict[str, Any]]) -> Iterator[str]:
    """Releases that a killed helm left pending: back to what was deployed, or away."""
    found = {
        (values["namespace"], values["name"])
        for item in resources
        if item["type"] == _RELEASE
        for values in (item.get("inputs") or {},)
    }
    for namespace, name in sorted(found):
        history = _history(namespace, name)
        if not history or not history[-1]["status"].startswith("pending-"):
            continue
        deployed = [item["revision"] for item in history if item["status"] == "deployed"]
        what = f"Helm release {namespace}/{name} was left {history[-1]['status']}"
        if deployed:
            _helm("rollback", name, str(deployed[-1]), "--namespace", namespace)
            yield f"{what}: rolled back to revision {deployed[-1]}"
        else:
            _helm("uninstall", name, "--namespace", namespace, "--wait")
            yield f"{what}: uninstalled, for nothing was deployed before"


def _history(namespace: str, name: str) -> list[dict[str, Any]]:
    words = ("history", name, "--namespace", namespace, "--max", "1000", "--output", "json")
    done = _run("helm", *words)
    if "release: not found" in done.stderr:
        return []
    return json.loads(_checked(done))


def _helm(*words: str) -> str:
    return _checked(_run("helm", *words))


def _pending(stack: Stack, pending: list[dict[str, Any]]) -> Iterator[str]:
    """Take what was made but not written down into the state, forget the rest."""
    created = [item["resource"] for item in pending if item["type"] == "creating"]
    present = [(resource, id) for resource in created if (id := _id(resource))]
    if present:
        _adopt(stack, present)
        yield from (f"{_name(item)} had been made: taken into the state" for item, _ in present)
    stack.output(
        *("refresh", "--yes", "--skip-preview", "--non-interactive", "--clear-pending-creates"),
        *("--config-file", str(stack.settings)),
    )
    adopted = [resource for resource, _ in present]
    for item in pending:
        resource = item["resource"]
        if resource in adopted:
            continue
        advice = ""
        if item["type"] == "creating" and not resource["type"].startswith("kubernetes:"):
            advice = "; if it exists, `pulumi import` brings it back"
        yield f"{_name(resource)} was interrupted while {item['type']}: forgotten{advice}"


def _adopt(stack: Stack, present: list[tuple[dict[str, Any], str]]) -> None:
    """Import them under the parents and providers that they were to have."""
    names: dict[str, str] = {}

    def named(urn: str) -> str:
        return names.setdefault(urn, f"n{len(names)}")

    resources = []
    for resource, id in present:
        entry = {"type": resource["type"], "name": _name(resource), "id": id}
        if (parent := resource.get("parent")) and "::pulumi:pulumi:Stack::" not in parent:
            entry["parent"] = named(parent)
        if provider := resource.get("provider"):
            entry["provider"] = named(provider.rpartition("::")[0])
        resources.append(entry)
    file = paths.PULUMI / "import.json"
    table = {name: urn for urn, name in names.items()}
    file.write_text(json.dumps({"nameTable": table, "resources": resources}))
    stack.output(
        *("import", "--file", str(file), "--yes", "--skip-preview", "--non-interactive"),
        *("--protect=false", "--generate-code=false", "--config-file", str(stack.settings)),
    )


def _id(resource: Mapping[str, Any]) -> str:
    """The id of what is there although the state does not say so; empty when it is not there."""
    inputs = resource.get("inputs") or {}
    if resource["type"] == _RELEASE:
        there = _history(inputs["namespace"], inputs["name"])
        return f"{inputs['namespace']}/{inputs['name']}" if there else ""
    if resource["type"] == _INSTANCE:
        region = inputs.get("region") or topology.REGION
        name = inputs["identifier"]
        return name if name in Region(region).recover().read()["instances"] else ""
    metadata = inputs.get("metadata")
    if not resource["type"].startswith("kubernetes:") or not metadata:
        return ""
    namespace, name = metadata.get("namespace", ""), metadata["name"]
    group = inputs["apiVersion"].rpartition("/")[0]
    kind = f"{inputs['kind']}.{group}" if group else inputs["kind"]
    words = ["get", kind, name, "--ignore-not-found", "--show-managed-fields", "--output", "json"]
    words += ["--namespace", namespace] if namespace else []
    found = _checked(_run("kubectl", *words))
    # What somebody else made under this name is theirs.
    fields = json.loads(found)["metadata"].get("managedFields") or [] if found.strip() else []
    ours = any(field["manager"].startswith(_OUR_MANAGERS) for field in fields)
    return (f"{namespace}/{name}" if namespace else name) if ours else ""


def _name(resource: Mapping[str, Any]) -> str:
    return resource["urn"].rpartition("::")[2]


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=environment(), check=False, capture_output=True, text=True, cwd=os.sep
    )


def _checked(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode:
        what = done.stderr.strip().splitlines() or ["failed without a word"]
        raise SandboxError(f"{' '.join(done.args[:3])}: {what[-1]}")
    return done.stdout
