"""The stored record of an instance: its fields, and how requests change them."""

from typing import Any

from sandbox import SandboxError
from sandbox.providers.cloud.account import Data
from sandbox.providers.gcp import account, addresses, authorities, flags, settings, versions

LABEL = "3f6b1c9d27ae"
"""What stands for the project in DNS names."""


def new(project: str, inputs: Data, source: Data | None, authority: Data) -> Data:
    """The record of a new instance; a clone has the settings and the data of its source."""
    version, id = (source or inputs)["databaseVersion"], account.uid()
    region = inputs["region"]
    if source:
        wanted = _cloned(source["settings"], inputs["clone"], region)
    else:
        edition = versions.default_edition(version)
        wanted = settings.complete(inputs["settings"], edition, region)
    location = wanted["locationPreference"]
    issued = wanted["ipConfiguration"]["serverCaMode"] == settings.CAS_CA
    return {
        "activeAuthority": authority["sha1Fingerprint"],
        "address": "",
        "authorities": [authority],
        "databaseVersion": version,
        "databases": dict((source or {}).get("databases") or {"postgres": {}}),
        "dnsName": f"{id}.{LABEL}.{region}.sql-psa.goog." if issued else "",
        "encryptionKeyName": (source or inputs).get("encryptionKeyName") or "",
        "gceZone": location["zone"],
        "name": inputs["name"],
        "pending": {},
        "project": project,
        "region": region,
        "secondaryGceZone": location["secondaryZone"],
        "settings": wanted,
        "status": "PENDING_CREATE",
        "uid": id,
        "users": dict((source or {}).get("users") or {"postgres": {}}),
        "work": None,
    }


def _cloned(of: Data, clone: Data, region: str) -> Data:
    location = dict(of["locationPreference"])
    if clone.get("preferredZone"):
        location = {"zone": clone["preferredZone"]}
    network = {**of["ipConfiguration"]}
    network["allocatedIpRange"] = clone.get("allocatedIpRange") or ""
    found = {**of, "ipConfiguration": network, "locationPreference": location, "version": 1}
    return settings.placed(found, region)


def vpc(instance: Data) -> str:
    """The name of the network that the instance is reachable from."""
    return addresses.network_name(instance["settings"]["ipConfiguration"]["privateNetwork"])


def active_authority(instance: Data) -> Data:
    """The authority that signed the server's certificate."""
    return next(
        each
        for each in instance["authorities"]
        if each["sha1Fingerprint"] == instance["activeAuthority"]
    )


def certificate_host(instance: Data) -> str:
    """The only name in the server's certificate; it is never the address."""
    return instance["dnsName"].strip(".") or f"{instance['uid']}.{instance['region']}.sql.goog"


def accepts_plaintext(of: Data) -> bool:
    """Whether the server accepts connections without TLS."""
    return of["ipConfiguration"]["sslMode"] == settings.PLAINTEXT


def changed(instance: Data, changes: Data) -> Data:
    """The record after a modification; a changed location moves the instance."""
    found = {**instance, **changes}
    was, now = (each["settings"]["locationPreference"] for each in (instance, found))
    if now != was:
        found |= {"gceZone": now["zone"], "secondaryGceZone": now["secondaryZone"]}
    if found["databaseVersion"] != instance["databaseVersion"]:
        found["settings"] = {**found["settings"], "version": found["settings"]["version"] + 1}
    return found


def restarts(instance: Data, changes: Data) -> bool:
    """Whether a modification restarts the server; Cloud SQL defers nothing."""
    before, after = instance["settings"], changes.get("settings") or instance["settings"]
    keys = ("availabilityType", "dataCacheConfig", "edition", "tier")
    moved = before["locationPreference"]["zone"] != after["locationPreference"]["zone"]
    return (
        moved
        or any(before[key] != after[key] for key in keys)
        or flags.restart(instance["databaseVersion"], before, after)
    )


def grown(instance: Data) -> Data:
    """The settings after the storage grew: by 5 GB and a 25th of its size, at most by 25 GB.

    Their version changes, so that an update with an older state is refused
    (hashicorp/terraform-provider-google#12324: "version mismatch").
    """
    of = instance["settings"]
    size, limit = of["diskSize"], of["diskAutoresizeLimit"] or 65536
    if not of["diskAutoresize"] or size >= limit:
        raise SandboxError(f"{instance['name']} may not grow beyond {size} GB")
    larger = min(size + min(5 + size // 25, 25), limit)
    return {"settings": {**of, "diskSize": larger, "version": of["version"] + 1}}


def outputs(instance: Data) -> dict[str, Any]:
    """The outputs of an instance."""
    name, project = instance["name"], instance["project"]
    found = {
        "availableMaintenanceVersions": [],
        "connectionName": f"{project}:{instance['region']}:{name}",
        "databaseVersion": instance["databaseVersion"],
        "dnsName": "",
        "dnsNames": [],
        "encryptionConfidentialMode": False,
        "encryptionKeyName": instance["encryptionKeyName"],
        "enforceNewSqlNetworkArchitecture": False,
        "firstIpAddress": instance["address"],
        "instanceType": "CLOUD_SQL_INSTANCE",
        "ipAddresses": [
            {"ipAddress": instance["address"], "timeToRetire": "", "type": "PRIVATE"},
        ],
        "maintenanceVersion": versions.maintenance_version(instance["databaseVersion"]),
        "masterInstanceName": "",
        "name": name,
        "nodeCount": 0,
        "privateIpAddress": instance["address"],
        "project": project,
        "pscServiceAttachmentLink": "",
        "publicIpAddress": "",
        "region": instance["region"],
        "replicaNames": [],
        "replicationCluster": {
            "drReplica": False,
            "failoverDrReplicaName": "",
            "psaWriteEndpoint": "",
        },
        "selfLink": account.sql_link(f"projects/{project}/instances/{name}"),
        "serverCaCerts": authorities.outputs([active_authority(instance)]),
        "serviceAccountEmailAddress": (
            f"p{account.NUMBER}-{instance['uid'][:6]}@gcp-sa-cloud-sql.iam.gserviceaccount.com"
        ),
        "settings": instance["settings"],
    }
    if instance["dnsName"]:
        found["dnsNames"] = [
            {
                "connectionType": "PRIVATE_SERVICES_ACCESS",
                "dnsScope": "INSTANCE",
                "name": instance["dnsName"],
            }
        ]
    return found
