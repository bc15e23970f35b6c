"""The pods of the program's Jobs: shell scripts in one container."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi

from components.kubernetes.client import Cluster
from components.kubernetes.job_settings import COMPONENT, PART_OF, TRIGGER, JobPods
from components.kubernetes.scheduling import zone_affinity
from components.server.zone import Zone

CONTAINER = "job"
"""The name of the container."""
LOGIN = "/login"
"""The directory where the Secret's keys are mounted: passwords must not be in the environment or in
arguments."""
# A sidecar does not end with the script, so that the Job would not end either.
# https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/: the label since 1.10, the
# annotation before. https://linkerd.io/2/features/proxy-injection/: an annotation.
NO_SIDECAR = {"sidecar.istio.io/inject": "false"}
ANNOTATIONS = {
    "sidecar.istio.io/inject": "false",
    "linkerd.io/inject": "disabled",
    # https://karpenter.sh/docs/reference/annotations/: consolidation leaves the pod's node alone.
    "karpenter.sh/do-not-disrupt": "true",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobArgs:
    """Shell scripts, joined into one, and the pod that runs them."""

    component: str
    """Which of the program's Jobs it is; a label of the Job and of its pod."""
    cluster: Cluster
    """Asked, while the update waits, why the pod does not run."""
    namespace: pulumi.Input[str]
    pods: JobPods
    scripts: Sequence[Path]
    env: Mapping[str, pulumi.Input[str]]
    secret_name: pulumi.Input[str]
    trigger: Mapping[str, pulumi.Input[str]]
    """Values that run the Job again when they change, as the scripts and the environment do."""
    zone: Zone | None
    """The pod prefers nodes in this zone."""
    deadline_seconds: int = 0
    """How long the Job may take; 0 for the usual."""


def labels(args: JobArgs) -> dict[str, str]:
    """The labels of the Job and of its pod."""
    return {**args.pods.settings.labels, **PART_OF, COMPONENT: args.component}


def pod_template(args: JobArgs) -> Any:
    """The template of the Job's pod."""
    trigger = pulumi.Output.all(**args.trigger).apply(_digest)
    given = args.pods.settings
    return {
        "metadata": {
            "labels": {**NO_SIDECAR, **labels(args)},
            "annotations": {**ANNOTATIONS, **given.annotations, TRIGGER: trigger},
        },
        "spec": _pod(args),
    }


def _pod(args: JobArgs) -> dict[str, Any]:
    user = args.pods.user
    ids = {} if user is None else {"runAsUser": user, "runAsGroup": user, "fsGroup": user}
    given = args.pods.settings
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            **ids,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(args)],
        "volumes": [
            {"name": "login", "secret": {"secretName": args.secret_name, "defaultMode": 0o440}},
            {"name": "tmp", "emptyDir": {}},
        ],
        **({"serviceAccountName": given.service_account} if given.service_account else {}),
        **_list("imagePullSecrets", [{"name": name} for name in given.image_pull_secrets]),
        **_placement(args.pods),
        **zone_affinity(args.zone),
    }


def _placement(pods: JobPods) -> dict[str, Any]:
    """The nodes that Coder's own pods may run on, narrowed and widened by the setting."""
    given = pods.settings
    selector = pods.scheduling.get("nodeSelector") or {}
    tolerations = [each.model_dump(by_alias=True, exclude_unset=True) for each in given.tolerations]
    return {
        "nodeSelector": {"kubernetes.io/os": "linux", **selector, **given.node_selector},
        **_list("tolerations", [*(pods.scheduling.get("tolerations") or ()), *tolerations]),
    }


def _list(field: str, entries: Sequence[Any]) -> dict[str, Any]:
    """The field; an empty list is left out, because the API server drops it."""
    return {field: entries} if entries else {}


def _container(args: JobArgs) -> dict[str, Any]:
    return {
        "name": CONTAINER,
        "image": args.pods.image,
        "command": ["/bin/sh", "-eu", "-c", _script(args.scripts)],
        "env": [{"name": key, "value": value} for key, value in args.env.items()],
        "resources": args.pods.settings.resources.model_dump(exclude_defaults=True),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [
            {"name": "login", "mountPath": LOGIN, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    }


def _script(paths: Sequence[Path]) -> str:
    # The scripts must not contain `$$`: Kubernetes replaces it with `$` in a container's command.
    return "\n".join(path.read_text() for path in paths)


def _digest(trigger: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(trigger), sort_keys=True).encode()).hexdigest()[:16]
