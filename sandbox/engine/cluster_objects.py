"""What a stack expects in the cluster before its first update."""

import subprocess

from sandbox.engine.overrides import Overrides
from sandbox.machine import paths

_REGISTRY_LOGIN = (
    "--type=kubernetes.io/dockerconfigjson",
    '--from-literal=.dockerconfigjson={"auths": {}}',
)
"""A login to no registry: the sandbox's images need none."""


def prepare(overrides: Overrides) -> None:
    """Create it, or leave out the settings that name it where the stack makes its namespaces.

    The program refuses what can't be in a Namespace that does not exist yet.
    """
    namespace, jobs = overrides.get("namespace"), overrides.get("jobs")
    jobs = jobs if isinstance(jobs, dict) else {}
    secrets, account = jobs.get("imagePullSecrets") or [], jobs.get("serviceAccount")
    if str(overrides.get("createNamespace")).lower() != "false":
        if (secrets or account) and not _kubectl("get", "namespace", str(namespace)):
            for part in ("imagePullSecrets", "serviceAccount"):
                reason = f"Namespace {namespace} does not exist yet"
                overrides.remove("jobs", part, reason=reason)
        return
    for space in (f"{namespace}", f"{namespace}-database"):
        _create(overrides, f"Namespace {space}", "namespace", space)
        own = f"--namespace={space}"
        for name in secrets if isinstance(secrets, list) else []:
            words = ("secret", "generic", str(name), *_REGISTRY_LOGIN, own)
            _create(overrides, f"Secret {space}/{name}", *words)
        if account and account != "default":
            words = ("serviceaccount", str(account), own)
            _create(overrides, f"ServiceAccount {space}/{account}", *words)


def _create(overrides: Overrides, shown: str, *words: str) -> None:
    """Create the object, unless it exists or the cluster does not answer."""
    if _kubectl("create", *words):
        overrides.lines.append(f"{shown} is created in the cluster: the stack expects it there")


def _kubectl(*words: str) -> bool:
    command = [paths.BIN / "kubectl", "--kubeconfig", paths.KUBECONFIG, *words]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
