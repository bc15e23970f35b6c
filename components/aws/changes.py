"""What may not become of an instance, said before anything is touched."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components import guards
from components.aws.arguments import PostgresArgs, grown
from components.aws.running import ZONE_TAG

ANOTHER_KEY = (
    "; another server.kmsKeyId or region does that: take a snapshot, copy it under that key or to "
    "that region, and make a new stack with restoreFrom"
)


def refuse(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """A line for a change in place that would move the server or ask for the impossible.

    A zone is compared here with the one before; where the instance is known, with its own, too.
    """
    if old.get("dbSubnetGroupName") != new.get("dbSubnetGroupName"):
        return "the server would move to another subnet group, and its address with it"
    if old.get("identifier") != new.get("identifier"):
        return "the server would be renamed, and Coder would lose its address"
    home, zone = ((inputs.get("tags") or {}).get(ZONE_TAG) for inputs in (old, new))
    if home and zone not in (home, old.get("availabilityZone")):
        return (
            f"zone: is {zone} and was {home}, and RDS moves no server; type `pulumi config set "
            f"zone {home}`, or make a new stack there with restoreFrom"
        )
    if new.get("multiAz") and not old.get("multiAz") and changed("instanceClass", old, new):
        return (
            "highAvailability: a standby and another size in one update move the server to another "
            "zone; change one of them, `pulumi up`, then the other"
        )
    return _refuse_storage(old, new)


def _refuse_storage(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    was, wanted = old.get("allocatedStorage"), new.get("allocatedStorage")
    if not isinstance(was, float | int) or not isinstance(wanted, float | int) or was == wanted:
        return None
    if wanted > was:
        least = grown(was)
        if wanted >= least:
            return None
        return f"storageGb: is {wanted:g} and was {was:g}, must be {least:g} or more: RDS adds 10 %"
    if (new.get("maxAllocatedStorage") or 0) > wanted:
        return None  # it has grown by itself
    return (
        f"storageGb: is {wanted:g} and was {was:g}, and storage never shrinks; type `pulumi "
        f"config set storageGb {was:g}`"
    )


def first(component: str, args: PostgresArgs) -> pulumi.ResourceHook:
    """A hook that refuses to make what RDS would not, and a second server beside the first."""
    running = args.found.running if args.found else None

    def before_create(call: pulumi.ResourceHookArgs) -> None:
        if args.high_availability:
            raise pulumi.RunError(
                "highAvailability: is true, yet RDS makes no instance with both a standby and a "
                "given zone; type `pulumi config set highAvailability false` and `pulumi up`, then "
                "set it to true: the instance keeps its zone"
            )
        if running and args.spec.protect:
            parent = f"{call.urn.rpartition('$')[0]}::{component}"
            raise pulumi.RunError(
                f"instance {running.identifier} is this stack's, and a second one would begin "
                f"empty{ANOTHER_KEY}; if the stack's state was lost, bring it back (pulumi stack "
                "import); if an update was killed while the instance was made: pulumi import "
                f"{call.type} {call.name} {running.identifier} --parent '{component}={parent}' "
                "--generate-code=false"
            )

    return guards.hook("The PostgreSQL server is made", before_create)


def changed(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether RDS is asked for something else than what there is."""
    was, wanted = old.get(key), new.get(key)
    if key == "engineVersion":
        # What runs has a minor version, too.
        return str(was).partition(".")[0] != str(wanted).partition(".")[0]
    if key == "allocatedStorage" and isinstance(was, float | int):
        return wanted is not None and wanted > was
    return was != wanted
