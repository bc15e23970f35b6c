"""Kubernetes Jobs that run shell scripts with psql."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi_kubernetes import batch

from components.connection import VERIFIED, PostgresConnection
from components.kubernetes.scheduling import zone_affinity
from components.server.zone import Zone

CONNECT = Path(__file__).with_name("connect.sh")
"""The first script of every Job: it connects, and waits for a server that is starting."""
DEADLINE_SECONDS = 540
"""Long enough to pull an image and to add a node. Pulumi stops waiting after 600 s, and its error
says less than the Job's own."""
LOGIN = "/login"
"""The directory where the Secret's keys are mounted: passwords must not be in the environment or in
arguments."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobArgs:
    """Shell scripts, joined into one, and the pod that runs them."""

    namespace: pulumi.Input[str]
    image: str
    scripts: Sequence[Path]
    env: Mapping[str, pulumi.Input[str]]
    secret_name: pulumi.Input[str]
    trigger: Mapping[str, pulumi.Input[str]]
    """Values that run the Job again when they change, as the scripts and the environment do."""
    zone: Zone | None
    """The pod prefers nodes in this zone."""
    scheduling: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Additional fields of the pod's spec."""


class Job(batch.v1.Job):
    """A Job that fails the update, with its last lines of output, unless the script succeeds."""

    def __init__(self, name: str, args: JobArgs, opts: pulumi.ResourceOptions) -> None:
        trigger = pulumi.Output.all(**args.trigger).apply(_digest)
        template: Any = {
            "metadata": {"annotations": {"coder/trigger": trigger}},
            "spec": _pod(args),
        }
        super().__init__(
            name,
            metadata={
                "namespace": args.namespace,
                # The next update replaces a failed Job instead of waiting for it.
                "annotations": {"pulumi.com/replaceUnready": "true"},
            },
            spec=batch.v1.JobSpecArgs(
                backoff_limit=0, active_deadline_seconds=DEADLINE_SECONDS, template=template
            ),
            opts=opts,
        )


def connection_env(connection: PostgresConnection) -> dict[str, pulumi.Input[str]]:
    """libpq's environment for the login in use, without its password."""
    return {
        "PGHOST": connection.host,
        "PGPORT": str(connection.port),
        "PGDATABASE": connection.database,
        "PGUSER": connection.login.username,
        **tls_env(connection.ssl_mode, connection.ca_certificate is not None),
        **search_path_env(connection.search_path),
    }


def search_path_env(search_path: str) -> dict[str, str]:
    """The environment of a session that uses the same schemas as Coder's."""
    if not search_path:
        return {}
    return {"SEARCH_PATH": search_path, "PGOPTIONS": f"-c search_path={search_path}"}


def tls_env(ssl_mode: str, has_ca: bool) -> dict[str, str]:
    """libpq's environment for the same TLS as Coder's."""
    roots = f"{LOGIN}/ca.crt" if has_ca else "system"
    return {"PGSSLMODE": ssl_mode, "PGSSLROOTCERT": roots if ssl_mode in VERIFIED else ""}


def _pod(args: JobArgs) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 70,
            "runAsGroup": 70,
            "fsGroup": 70,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(args)],
        "volumes": [
            {"name": "login", "secret": {"secretName": args.secret_name, "defaultMode": 0o440}},
            {"name": "tmp", "emptyDir": {}},
        ],
        **args.scheduling,
        **zone_affinity(args.zone),
    }


def _container(args: JobArgs) -> dict[str, Any]:
    return {
        "name": "job",
        "image": args.image,
        "command": ["/bin/sh", "-eu", "-c", _script(args.scripts)],
        "env": [{"name": key, "value": value} for key, value in args.env.items()],
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
