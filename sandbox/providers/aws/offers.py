"""Functions that look up which versions and instance classes RDS offers."""

from sandbox.providers.aws import machines, versions
from sandbox.providers.aws.account import ZONES, Data
from sandbox.providers.aws.region import Region
from sandbox.providers.bridged.functions import NotFound


def engine_version(region: Region, data: Data, arguments: Data) -> Data:
    """One version of PostgreSQL, and those to which RDS upgrades it."""
    _require_postgres(arguments)
    asked = arguments["version"]
    wanted = arguments.get("preferredVersions") or [asked]
    if arguments.get("defaultOnly"):
        found = [versions.DEFAULTS[asked]] if asked in versions.DEFAULTS else []
    else:
        released = [version for release in versions.RELEASES for version in release]
        found = [version for version in released if version in wanted]
    if not found:
        raise NotFound(f"no RDS engine versions match the criteria: {arguments}")
    (version,) = found
    major, targets = version.partition(".")[0], versions.targets(version)
    minor = [each for each in targets if each.startswith(f"{major}.")]
    return {
        "id": version,
        "version": version,
        "versionActual": version,
        "parameterGroupFamily": f"postgres{major}",
        "engineDescription": "PostgreSQL",
        "exportableLogTypes": ["iam-db-auth-error", "postgresql", "upgrade"],
        "status": "available",
        "validUpgradeTargets": targets,
        "validMinorTargets": minor,
        "validMajorTargets": [each for each in targets if each not in minor],
    }


def orderable(region: Region, data: Data, arguments: Data) -> Data:
    """Where RDS offers an instance class with a version."""
    _require_postgres(arguments)
    name, version = arguments["instanceClass"], arguments["engineVersion"]
    zones = data.get("offers", {}).get(name, [f"{region.scope}{letter}" for letter in ZONES])
    known = any(version in release for release in versions.RELEASES)
    if name not in machines.CLASSES or not known or not zones:
        raise NotFound(
            "no RDS Orderable DB Instance Options found matching criteria; try different search"
        )
    return {
        "id": name,
        "availabilityZones": zones,
        "availabilityZoneGroup": region.scope,
        "licenseModel": "postgresql-license",
        "multiAzCapable": True,
        "storageType": "gp3",
        "supportsPerformanceInsights": machines.has_insights(name),
        "vpc": True,
    }


def _require_postgres(arguments: Data) -> None:
    if arguments["engine"] != "postgres":
        raise NotFound(f"not simulated: engine {arguments['engine']}")
