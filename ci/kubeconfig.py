"""The kubeconfig of a workflow's run, which must point to the stack's cluster."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ci.stacks import FOLDER

CONTENT = "KUBECONFIG_CONTENT"
"""The environment variable with a whole kubeconfig, for clusters without a cloud's CLI."""


class MissingSetting(Exception):
    """A setting without which no command can be run; the message is its path."""


def command(stack: str) -> int:
    """Write the kubeconfig; the exit code is that of the first command that fails."""
    if content := os.environ.get(CONTENT):
        return _write(content)
    file = FOLDER / f"Pulumi.{stack}.yaml"
    if not file.exists():
        print(f"error: there is no {file.name}", file=sys.stderr)
        return 1
    settings: dict[str, Any] = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
    try:
        wanted = list(commands(settings))
    except MissingSetting as missing:
        print(
            f"error: {missing}: missing in {file.name}; type `pulumi config set --path {missing} … "
            f"--stack {stack}`",
            file=sys.stderr,
        )
        return 1
    environment = os.environ | ({"KUBECONFIG": _path()} if wanted else {})
    for arguments in wanted:
        try:
            code = subprocess.run(arguments, env=environment).returncode
        except FileNotFoundError:
            print(f"error: `{arguments[0]}` is not on PATH", file=sys.stderr)
            return 1
        if code:
            return code
    return 0


def _path() -> str:
    """The file to write; in a workflow one of the run's own, which its later steps use."""
    temporary, later_steps = os.environ.get("RUNNER_TEMP"), os.environ.get("GITHUB_ENV")
    if not (temporary and later_steps):
        return os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    path = f"{temporary}/kubeconfig"
    with Path(later_steps).open("a") as file:
        file.write(f"KUBECONFIG={path}\n")
    return path


def commands(settings: dict[str, Any]) -> Iterator[list[str]]:
    """The commands of the cloud's CLI; none for `existing`, whose runner has a kubeconfig."""
    cluster = settings.get("coder:cluster") or {}
    context = settings.get("coder:kubeContext")
    cloud = settings.get("coder:cloud")
    if cloud == "aws":
        arguments = ["aws", "eks", "update-kubeconfig", f"--name={_required(cluster, 'name')}"]
        region = _optional("--region", settings.get("aws:region"))
        yield [*arguments, *region, *_optional("--alias", context)]
    elif cloud == "azure":
        arguments = ["az", "aks", "get-credentials", f"--name={_required(cluster, 'name')}"]
        arguments += [f"--resource-group={_required(cluster, 'resourceGroup')}"]
        arguments += _optional("--subscription", settings.get("azure-native:subscriptionId"))
        yield [*arguments, "--overwrite-existing", *_optional("--context", context)]
        # Without it, a cluster with Microsoft Entra ID asks for a login in the browser.
        if shutil.which("kubelogin"):
            yield ["kubelogin", "convert-kubeconfig", "--login=azurecli"]
    elif cloud == "gcp":
        arguments = ["gcloud", "container", "clusters", "get-credentials"]
        arguments += [_required(cluster, "name"), f"--location={_required(cluster, 'location')}"]
        project = cluster.get("project") or settings.get("gcp:project")
        yield [*arguments, *_optional("--project", project)]


def _required(cluster: dict[str, Any], key: str) -> str:
    if not cluster.get(key):
        raise MissingSetting(f"cluster.{key}")
    return str(cluster[key])


def _optional(option: str, value: str | None) -> list[str]:
    return [f"{option}={value}"] if value else []


def _write(content: str) -> int:
    path = Path(_path())
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    return 0
