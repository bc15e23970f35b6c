"""Changes of a flexible server that are refused."""

from typing import Any

from components.azure.limits import LABELS, STORAGE
from components.guards import ChangeRule, Inputs
from components.server.rules import Pick, keep_standby, storage_steps, unchanged

DISK_LIMIT_GB = 4096
"""Storage that reaches or crosses it needs a restart; all other growth is online.

https://learn.microsoft.com/azure/postgresql/scale/how-to-auto-grow-storage
"""


def nested(first: str, second: str) -> Pick:
    """Takes a value out of an object among the inputs."""
    return lambda inputs: _get(inputs.get(first), second)


SKU = nested("sku", "name")
TIER = nested("sku", "tier")
SIZE = nested("storage", "storageSizeGB")
MODE = nested("highAvailability", "mode")


def has_standby(inputs: Inputs) -> bool:
    """Whether the inputs ask for a standby."""
    return MODE(inputs) not in (None, "Disabled")


def differs(key: str) -> Any:
    """Compares one value of an object; Azure adds others to what it returns."""
    return lambda old, new: _get(old, key) != _get(new, key)


def crosses_disk_limit(old: Any, new: Any) -> bool:
    """Whether the storage grows in a way that needs a restart."""
    was, wanted = _get(old, "storageSizeGB"), _get(new, "storageSizeGB")
    return bool(was and wanted) and was < DISK_LIMIT_GB <= wanted


def refuse_other_zone(old: Inputs, new: Inputs) -> str | None:
    """Azure moves no server; a zone that a failover chose may become the pinned one."""
    pinned, zone = ((inputs.get("tags") or {}).get(LABELS.zone) for inputs in (old, new))
    if not pinned or zone in (pinned, old.get("availabilityZone")):
        return None
    return (
        f"zone: is {zone} and was {pinned}, and Azure cannot move a server; type `pulumi config "
        f"set zone {pinned}`, or make a new stack there with restoreFrom"
    )


def refuse_standby_with_tier(old: Inputs, new: Inputs) -> str | None:
    """https://github.com/hashicorp/terraform-provider-azurerm/issues/27612"""
    if TIER(old) != "Burstable" or TIER(new) == "Burstable" or not has_standby(new):
        return None
    return (
        "highAvailability: Azure refuses a standby together with the change of size from a "
        "burstable machine; change size, `pulumi up`, then set highAvailability to true"
    )


def refuse_other_mode(old: Inputs, new: Inputs) -> str | None:
    """A standby is deleted before one of the other mode is made."""
    if not (has_standby(old) and has_standby(new)) or MODE(old) == MODE(new):
        return None
    return (
        f"server.highAvailabilityMode: is {MODE(new)} and was {MODE(old)}, which needs another "
        "standby; set highAvailability to false (and protect, for that update), `pulumi up`, then "
        "set it to true"
    )


RULES = (
    unchanged(
        nested("network", "delegatedSubnetResourceId"),
        "network: the server would move to another subnet, or out of one, which Azure cannot do; "
        "set network back, or make a new stack with restoreFrom",
    ),
    unchanged(
        nested("backup", "geoRedundantBackup"),
        "server.geoRedundantBackup: Azure takes it only when a server is made; set it back, or "
        "make a new stack with restoreFrom",
    ),
    unchanged(
        lambda inputs: bool(inputs.get("dataEncryption")),
        "server.keyUri: Azure encrypts a server with a key of your own only from its creation on, "
        "and then always; set it back, or make a new stack with restoreFrom",
    ),
    ChangeRule(validate_update=refuse_other_zone, impossible=True),
    ChangeRule(validate_update=refuse_standby_with_tier, impossible=True),
    ChangeRule(validate_update=refuse_other_mode, impossible=True),
    # Storage that has grown by itself is asked for as it is (server_inputs.py): no exception here.
    storage_steps(STORAGE, SIZE, lambda _: 0),
    keep_standby(has_standby),
)


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None
