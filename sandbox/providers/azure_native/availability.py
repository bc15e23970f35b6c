"""Availability zones and high availability of a flexible server."""

from sandbox.providers.azure_native import skus
from sandbox.providers.azure_native.account import ZONES
from sandbox.providers.azure_native.errors import ApiError, invalid
from sandbox.providers.cloud.account import Data

MODES = ("Disabled", "SameZone", "ZoneRedundant")


def placed(zone: str, wanted: Data) -> tuple[str, Data]:
    """The zone and the standby of a new server; Azure chooses what the request leaves open."""
    zone = zone or ZONES[0]
    return zone, with_standby(zone, wanted)


def with_standby(zone: str, wanted: Data) -> Data:
    """High availability with its state and the zone of its standby."""
    mode = wanted.get("mode") or "Disabled"
    if mode == "Disabled":
        return {"mode": mode, "state": "NotEnabled"}
    other = next(each for each in ZONES if each != zone)
    standby = wanted.get("standbyAvailabilityZone") or (zone if mode == "SameZone" else other)
    return {"mode": mode, "state": "Healthy", "standbyAvailabilityZone": standby}


def refuse(sku: Data, zone: str, wanted: Data) -> None:
    """Refuse zones that the region does not have, and a standby where none can be."""
    mode, standby = wanted.get("mode") or "Disabled", wanted.get("standbyAvailabilityZone")
    for each in (zone, standby):
        if each and each not in ZONES:
            raise ApiError(
                "AvailabilityZoneNotAvailable",
                f"The availability zone '{each}' is not available in this region. Specify one of: "
                f"{', '.join(ZONES)}.",
            )
    if mode not in MODES:
        raise invalid("highAvailability.mode")
    if mode == "Disabled":
        return
    if skus.is_burstable(sku):
        raise ApiError(
            "HighAvailabilityNotSupported",
            "High availability is not supported for the Burstable pricing tier.",
        )
    if mode == "ZoneRedundant" and standby and standby == zone:
        raise invalid(
            "highAvailability.standbyAvailabilityZone",
            "With ZoneRedundant, the standby is in another zone than the server.",
        )
    if mode == "SameZone" and standby and zone and standby != zone:
        raise invalid(
            "highAvailability.standbyAvailabilityZone",
            "With SameZone, the standby is in the server's zone.",
        )


def refuse_change(instance: Data, zone: str, wanted: Data, sku: Data) -> None:
    """Refuse to move the server or its standby; a request from before a failover is accepted."""
    old = instance["highAvailability"]
    actual, standby = instance["availabilityZone"], old.get("standbyAvailabilityZone")
    exchanged = zone == standby and wanted.get("standbyAvailabilityZone") in (None, "", actual)
    if zone and zone != actual and not exchanged:
        raise invalid("availabilityZone", "A server only moves to the zone of its standby.")
    given = wanted.get("standbyAvailabilityZone")
    same_mode = (wanted.get("mode") or old["mode"]) == old["mode"] != "Disabled"
    if given and same_mode and given != standby and not exchanged:
        raise invalid(
            "highAvailability.standbyAvailabilityZone",
            "A standby only moves to the zone of the server.",
        )
    enables = old["mode"] == "Disabled" and (wanted.get("mode") or "Disabled") != "Disabled"
    if enables and skus.is_burstable(instance["sku"]) and not skus.is_burstable(sku):
        raise ApiError(
            "HighAvailabilityNotSupported",
            "High availability is not supported for the Burstable pricing tier. Change the tier "
            "first.",
        )
