"""The Job that makes one backup, and when it runs."""

import dataclasses
from pathlib import Path
from typing import Any

import pulumi

from coder_stack import CoderStack

SCRIPT = Path(__file__).with_name("backup.sh")
# A sidecar does not end with the script, so that the Job would not end either.
LABELS = {
    "app.kubernetes.io/managed-by": "pulumi",
    "app.kubernetes.io/name": "coder-backup",
    "sidecar.istio.io/inject": "false",
}
ANNOTATIONS = {
    "sidecar.istio.io/inject": "false",
    "linkerd.io/inject": "disabled",
    "karpenter.sh/do-not-disrupt": "true",
}
RESOURCES = {
    "requests": {"cpu": "100m", "memory": "256Mi"},
    "limits": {"cpu": "1", "memory": "512Mi"},
}
HOURS = 6
"""How long one backup may take."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class BackupArgs:
    """Which database is backed up, when, and where to."""

    coder: CoderStack
    schedule: str
    keep: int
    volume_claim: str
    """Empty means one that is made."""
    storage_gb: int
    storage_class: str
    scratch_gb: int
    image: str
    """Empty means the official one of the server's major version."""
    image_user: int
    """The number of the image's user postgres: initdb needs a user that the image knows."""


def schedule(args: BackupArgs, volume_claim: pulumi.Output[str]) -> Any:
    """The specification of the CronJob."""
    return {
        "schedule": args.schedule,
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        # Without it, a CronJob that was suspended or late for long never runs again.
        "startingDeadlineSeconds": 3600,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {
            "metadata": {"labels": LABELS},
            "spec": {
                "backoffLimit": 1,
                "activeDeadlineSeconds": HOURS * 3600,
                "template": {
                    "metadata": {"labels": LABELS, "annotations": ANNOTATIONS},
                    "spec": _pod(args, volume_claim),
                },
            },
        },
    }


def _pod(args: BackupArgs, volume_claim: pulumi.Output[str]) -> dict[str, Any]:
    secret = args.coder.password_secret_name
    # A CA of the server's own is the only key that the pod sees as a file.
    authority = {"secretName": secret, "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": args.image_user,
            "runAsGroup": args.image_user,
            "fsGroup": args.image_user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(args)],
        "volumes": [
            {"name": "backups", "persistentVolumeClaim": {"claimName": volume_claim}},
            {"name": "scratch", "emptyDir": {"sizeLimit": f"{args.scratch_gb}Gi"}},
            {"name": "ca", "secret": {**authority, "defaultMode": 0o440, "optional": True}},
        ],
    }


def _container(args: BackupArgs) -> dict[str, Any]:
    coder = args.coder
    env: dict[str, pulumi.Input[str]] = {
        "PGHOST": coder.database_host,
        "PGPORT": coder.database_port.apply(str),
        "PGDATABASE": coder.database_name,
        "PGUSER": coder.database_user,
        "PGSSLMODE": coder.database_ssl_mode,
        "KEEP": str(args.keep),
        "HOURS": str(HOURS),
    }
    # Absent for a login without a password.
    password = {"name": coder.password_secret_name, "key": "password", "optional": True}
    return {
        "name": "backup",
        "image": args.image or coder.database_version.apply(image),
        "command": ["/bin/sh", "-eu", "-c", SCRIPT.read_text()],
        "env": [
            *({"name": key, "value": value} for key, value in env.items()),
            {"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": password}},
        ],
        "resources": RESOURCES,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [
            {"name": "backups", "mountPath": "/backups"},
            {"name": "scratch", "mountPath": "/scratch"},
            {"name": "ca", "mountPath": "/ca", "readOnly": True},
        ],
    }


def image(version: int) -> str:
    """The official image for a server of that major version.

    pg_dump refuses a later server. Before 16, libpq knows no system roots.
    """
    return f"docker.io/library/postgres:{max(version, 16)}-alpine"
