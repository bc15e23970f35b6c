"""Cloud SQL in one project: the effects of operations on its instances."""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sandbox import SandboxError
from sandbox.postgres.configuration import Certificate, Endpoint
from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.base import Cloud, Kind
from sandbox.providers.cloud.servers import ServerSpec
from sandbox.providers.gcp import account, addresses, authorities, flags, record, tiers, versions

if TYPE_CHECKING:
    from sandbox.providers.framework.operation import Operation

GROUP = "cloudsqlsuperuser"
ADMINISTRATOR = "postgres"


class Project(Cloud):
    """One project of the simulated Google Cloud."""

    cloud = "gcp"
    server_names = re.compile(r"sql-[0-9a-f]{12}")
    available = "RUNNABLE"
    statuses: ClassVar[Mapping[Kind, str]] = {
        "create": "PENDING_CREATE",
        "backup": "PENDING_CREATE",
        "modify": "MAINTENANCE",
        "delete": "PENDING_DELETE",
        "reboot": "MAINTENANCE",
        "restore": "MAINTENANCE",
        "snapshot": "RUNNABLE",
    }

    @classmethod
    def of(cls, op: "Operation", inputs: Data | None = None) -> "Project":
        """The project that the inputs name, or the provider's."""
        return cls((inputs or {}).get("project") or op.config["project"]).recover()

    @property
    def authorities(self) -> Path:
        """The folder of the instances' certificate authorities."""
        return self.folder() / "authorities"

    def seed(self) -> Data:
        return account.seed(self.scope)

    def server(self, data: Data, instance: Data) -> ServerSpec:
        settings = instance["settings"]
        major = versions.major_of(instance["databaseVersion"])
        active = record.active_authority(instance)["directory"]
        return ServerSpec(
            name=f"sql-{instance['uid']}",
            host=instance["address"] if not instance["dnsName"] else instance["dnsName"].strip("."),
            username=ADMINISTRATOR,
            group=GROUP,
            major=major,
            settings=tiers.settings(settings["tier"]) | flags.settings(settings),
            endpoint=Endpoint(
                address=instance["address"],
                certificate=Certificate(
                    authority=self.authorities / active,
                    common_name=f"{self.scope}:{instance['name']}",
                    hosts=(record.certificate_host(instance),),
                ),
                plaintext=record.accepts_plaintext(settings),
            ),
        )

    def changed(self, data: Data, instance: Data, changes: Data) -> Data:
        return record.changed(instance, changes)

    def restarts(self, instance: Data, changes: Data) -> bool:
        return record.restarts(instance, changes)

    def rebooted(self, instance: Data) -> Data:
        return {}

    def failed_over(self, data: Data, instance: Data) -> Data:
        if instance["settings"]["availabilityType"] != "REGIONAL":
            raise SandboxError(
                f"{instance['name']} has no standby: only REGIONAL instances fail over"
            )
        return {"gceZone": instance["secondaryGceZone"], "secondaryGceZone": instance["gceZone"]}

    def admits(self, data: Data, instance: Data) -> bool:
        vpc = record.vpc(instance)
        return addresses.peered(data, vpc) and any(
            each["network"] == vpc for each in data["clusters"].values()
        )

    def restored(self, kept: Data) -> Data:
        return {key: kept[key] for key in ("users", "databases")}

    def dropped(self, data: Data, instance: Data) -> None:
        name = instance["name"]
        data["deleted"][name] = {"time": time.time(), "network": record.vpc(instance)}
        final = (instance["work"] or {}).get("snapshot")
        for id, kept in list(data["snapshots"].items()):
            if kept["uid"] != instance["uid"]:
                continue
            kept |= {"final": id == final, "ofDeleted": True}
            if not kept["final"] and not instance["settings"]["retainBackupsOnDelete"]:
                self.servers.delete_snapshot(id)
                del data["snapshots"][id]

    def snapshot_name(self, given: str) -> str:
        if given and not given.isdecimal():
            raise SandboxError(f"the ID of a backup run is a number, not {given!r}")
        return given or backup_id()

    def grown(self, instance: Data) -> Data:
        return record.grown(instance)

    def rotated(self, instance: Data) -> Data:
        return authorities.rotated(instance, self.authorities)


def backup_id() -> str:
    """A new ID of a backup run: milliseconds, as in Cloud SQL."""
    return str(time.time_ns() // 1_000_000)
