"""Changes of a flexible server that are refused."""

from typing import Any

from components.azure.limits import LABELS, STORAGE
from components.guards import ChangeRule, Inputs
from components.server.rules import keep_standby, keep_zone, pick, storage_steps, unchanged

DISK_LIMIT_GB = 4096
"""Storage that reaches or crosses it needs a restart; all other growth is online.

https://learn.microsoft.com/azure/postgresql/scale/how-to-auto-grow-storage
"""


MODE, TIER = pick("highAvailability.mode"), pick("sku.tier")


def has_standby(inputs: Inputs) -> bool:
    """Whether the inputs ask for a standby."""
    return MODE(inputs) not in (None, "Disabled")


def crosses_disk_limit(old: Any, new: Any) -> bool:
    """Whether the storage grows in a way that needs a restart."""
    return bool(old and new) and old < DISK_LIMIT_GB <= new


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
        pick("network.delegatedSubnetResourceId"),
        "network: the server would move to another subnet, or out of one, which Azure cannot do; "
        "set network back, or make a new stack with restoreFrom",
    ),
    unchanged(
        pick("backup.geoRedundantBackup"),
        "server.geoRedundantBackup: Azure takes it only when a server is made; set it back, or "
        "make a new stack with restoreFrom",
    ),
    unchanged(
        # An imported server has an object for Azure's own keys, too.
        lambda inputs: bool(pick("dataEncryption.primaryKeyURI")(inputs)),
        "server.keyUri: Azure encrypts a server with a key of your own only from its creation on, "
        "and then always; set it back, or make a new stack with restoreFrom",
    ),
    keep_zone(pick(f"tags.{LABELS.zone}"), pick("availabilityZone"), "Azure"),
    ChangeRule(validate_update=refuse_standby_with_tier, impossible=True),
    ChangeRule(validate_update=refuse_other_mode, impossible=True),
    # Storage that has grown by itself is asked for as it is (server_inputs.py): no exception here.
    storage_steps(STORAGE, pick("storage.storageSizeGB"), lambda _: 0),
    keep_standby(has_standby),
)
