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


def command(stack: str) -> int:
    """Write the kubeconfig; the exit code is that of the first command that fails."""
    if content := os.environ.get(CONTENT):
        return _write(content)
    file = FOLDER / f"Pulumi.{stack}.yaml"
    if not file.exists():
        print(f"error: there is no {file.name}", file=sys.stderr)
        return 1
    settings: dict[str, Any] = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
    wanted = list(commands(settings))
    environment = os.environ | ({"KUBECONFIG": _path()} if wanted else {})
    for words in wanted:
        try:
            code = subprocess.run(words, env=environment).returncode
        except FileNotFoundError:
            print(f"error: `{words[0]}` is not on PATH", file=sys.stderr)
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
    context = settings.get("coder:kubeContext") or ""
    name, cloud = str(cluster.get("name")), settings.get("coder:cloud")
    if cloud == "aws":
        words = ["aws", "eks", "update-kubeconfig", f"--name={name}"]
        region = settings.get("aws:region")
        yield [*words, *([f"--region={region}"] if region else []), *_named("--alias", context)]
    elif cloud == "azure":
        words = ["az", "aks", "get-credentials", f"--name={name}", "--overwrite-existing"]
        words += [f"--resource-group={cluster.get('resourceGroup')}"]
        subscription = _named("--subscription", settings.get("azure-native:subscriptionId") or "")
        yield [*words, *subscription, *_named("--context", context)]
        # Without it, a cluster with Microsoft Entra ID asks for a login in the browser.
        if shutil.which("kubelogin"):
            yield ["kubelogin", "convert-kubeconfig", "--login=azurecli"]
    elif cloud == "gcp":
        words = ["gcloud", "container", "clusters", "get-credentials", name]
        project = cluster.get("project") or settings.get("gcp:project") or ""
        yield [*words, f"--location={cluster.get('location')}", *_named("--project", project)]


def _named(option: str, value: str) -> list[str]:
    return [f"{option}={value}"] if value else []


def _write(content: str) -> int:
    path = Path(_path())
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    return 0
