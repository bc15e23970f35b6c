"""Jobs that run one shell script with psql at hand, and the shape that all of them share."""

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
"""Begins every script: it connects, and waits for a server that is starting."""
DEADLINE_SECONDS = 540
"""Of a Job: an image may have to be pulled, and a node to be added, before it begins; the engine
itself waits for ten minutes, and would say less."""
LOGIN = "/login"
"""Where a Job finds the keys of its Secret as files: no password in an environment or argument."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobArgs:
    """One run of the given scripts, joined into one, in one pod."""

    namespace: pulumi.Input[str]
    image: str
    scripts: Sequence[Path]
    env: Mapping[str, pulumi.Input[str]]
    secret_name: pulumi.Input[str]
    deadline_seconds: int
    trigger: Mapping[str, pulumi.Input[str]]
    """What makes the Job run again when it changes, beside the script and the environment."""
    zone: Zone | None
    """Whose nodes the pod prefers."""
    scheduling: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """More fields of the pod's spec."""


class Job(batch.v1.Job):
    """A Kubernetes Job that ends well or fails the update with the last lines of its script."""

    def __init__(self, name: str, args: JobArgs, opts: pulumi.ResourceOptions) -> None:
        container = {
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
        pod: Any = {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 70,
                "runAsGroup": 70,
                "fsGroup": 70,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [
                {"name": "login", "secret": {"secretName": args.secret_name, "defaultMode": 0o440}},
                {"name": "tmp", "emptyDir": {}},
            ],
            **args.scheduling,
            **zone_affinity(args.zone),
        }
        trigger = pulumi.Output.all(**args.trigger).apply(_digest)
        template: Any = {"metadata": {"annotations": {"coder/trigger": trigger}}, "spec": pod}
        super().__init__(
            name,
            metadata={
                "namespace": args.namespace,
                # A Job that failed is made anew by the next update instead of being waited for.
                "annotations": {"pulumi.com/replaceUnready": "true"},
            },
            spec=batch.v1.JobSpecArgs(
                backoff_limit=0, active_deadline_seconds=args.deadline_seconds, template=template
            ),
            opts=opts,
        )


def tls_env(ssl_mode: str, has_ca: bool) -> dict[str, str]:
    """libpq's environment for exactly the TLS that Coder will use."""
    roots = f"{LOGIN}/ca.crt" if has_ca else "system"
    return {"PGSSLMODE": ssl_mode, "PGSSLROOTCERT": roots if ssl_mode in VERIFIED else ""}


def connection_env(connection: PostgresConnection) -> dict[str, pulumi.Input[str]]:
    """libpq's environment for the login in use, without its password."""
    return {
        "PGHOST": connection.host,
        "PGPORT": str(connection.port),
        "PGDATABASE": connection.database,
        "PGUSER": connection.login.username,
        **tls_env(connection.ssl_mode, connection.ca_certificate is not None),
    }


def _script(paths: Sequence[Path]) -> str:
    # Kubernetes itself turns `$$` of a command into `$`: the scripts must do without.
    return "\n".join(path.read_text() for path in paths)


def _digest(trigger: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(trigger), sort_keys=True).encode()).hexdigest()[:16]
