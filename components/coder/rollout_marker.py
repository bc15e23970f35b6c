"""Marks when the configuration of Coder's database last changed."""

import dataclasses
import hashlib
from collections.abc import Mapping

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.coder.args import CoderArgs, InstalledLogin


@dataclasses.dataclass(frozen=True, kw_only=True)
class RolloutMarker:
    """A ConfigMap that is replaced, under a new name, when its data changes."""

    name: pulumi.Output[str]
    created: pulumi.Output[str]
    """Tells the sessions of pods with this marker from older ones."""
    refuse_old: pulumi.ResourceHook
    """Refuses an update of the release while the marker is the one of other settings."""


def rollout_marker(
    name: str, args: CoderArgs, login: InstalledLogin, opts: pulumi.ResourceOptions
) -> RolloutMarker:
    """The marker; Coder's pods carry its name as an annotation, so a new one restarts them."""
    data = _data(args, login)
    marker = core.v1.ConfigMap(name, metadata={"namespace": login.namespace}, data=data, opts=opts)
    return RolloutMarker(
        name=marker.metadata.name.apply(str),
        created=marker.metadata.creation_timestamp.apply(str),
        refuse_old=_refuse_old(name, marker, data),
    )


def _data(args: CoderArgs, login: InstalledLogin) -> dict[str, pulumi.Input[str]]:
    connection = args.connection
    ca_digest = pulumi.Output.from_input(connection.ca_certificate or "").apply(
        lambda pem: hashlib.sha256(pem.encode()).hexdigest()
    )
    return {
        "chart": f"{args.chart.flavour} {args.chart}",
        "host": connection.host,
        "port": str(connection.port),
        "database": connection.database,
        "username": connection.login.username,
        "sslMode": connection.ssl_mode,
        "caCertificate": ca_digest,
        "secret": connection.login.secret_name,
        "passwordDigest": login.password_digest,
        "accessUrl": args.options.access_url if args.chart.entry.access_url else "",
        **({"searchPath": connection.search_path} if connection.search_path else {}),
    }


def _refuse_old(
    name: str, marker: core.v1.ConfigMap, wanted: Mapping[str, pulumi.Input[str]]
) -> pulumi.ResourceHook:
    """A hook of the release, whose inputs alone don't show that the preflight was left out."""
    data = pulumi.Output.all(has=marker.data, wanted=wanted)

    async def before_update(_: pulumi.ResourceHookArgs) -> None:
        found = await data.future()
        # Unknown at a preview that replaces the marker.
        if found is None or found["has"] == found["wanted"]:
            return
        changes = ", ".join(
            f"{key} from {found['has'].get(key)} to {value}"
            for key, value in found["wanted"].items()
            if found["has"].get(key) != value
        )
        raise pulumi.RunError(
            f"this update would change {changes}, without the preflight and the after-check of "
            "Coder's database; run `pulumi up` without --target and --exclude"
        )

    return guards.hook(f"{name}: preflight", before_update)
