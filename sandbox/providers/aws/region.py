"""RDS in one region: the effects of operations on its instances."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from sandbox import SandboxError
from sandbox.providers.aws import account, admission, instance_state
from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.base import Cloud, Kind
from sandbox.providers.cloud.servers import ServerSpec

if TYPE_CHECKING:
    from sandbox.providers.framework.operation import Operation


class Region(Cloud):
    """One region of the simulated AWS account."""

    cloud = "aws"
    server_names = re.compile(r"db-[a-z0-9]{26}")
    available = "available"
    statuses: ClassVar[Mapping[Kind, str]] = {
        "create": "creating",
        "backup": "backing-up",
        "modify": "modifying",
        "delete": "deleting",
        "reboot": "rebooting",
        "snapshot": "backing-up",
    }

    @classmethod
    def of(cls, op: "Operation", inputs: Data | None = None) -> "Region":
        """The region that the inputs name, or the provider's."""
        return cls((inputs or {}).get("region") or op.config["region"]).recover()

    def seed(self) -> Data:
        return account.seed(self.scope)

    def arn(self, service: str, name: str) -> str:
        """The Amazon Resource Name of a resource in the region."""
        return account.arn(self.scope, service, name)

    def server(self, data: Data, instance: Data) -> ServerSpec:
        return ServerSpec(
            name=server_name(instance),
            host=instance["address"],
            username=instance["username"],
            major=instance["engineVersionActual"].partition(".")[0],
            settings=instance_state.settings(data, instance),
        )

    def changed(self, data: Data, instance: Data, changes: Data) -> Data:
        return instance_state.modified(data, instance, changes)

    def restarts(self, instance: Data, changes: Data) -> bool:
        return "instanceClass" in changes

    def rebooted(self, instance: Data) -> Data:
        # From now on, the parameters of the instance's current group are in force.
        return {"inForce": None}

    def failed_over(self, data: Data, instance: Data) -> Data:
        if not instance["multiAz"]:
            raise SandboxError(
                f"{instance['identifier']} has no standby: only Multi-AZ instances fail over"
            )
        group = data["subnetGroups"][instance["dbSubnetGroupName"]]
        others = account.zones_of(data, group["subnetIds"]) - {instance["availabilityZone"]}
        return {"availabilityZone": min(others)}

    def admits(self, data: Data, instance: Data) -> bool:
        return admission.admits(data, instance, instance["port"])


def server_name(instance: Data) -> str:
    """The name of the server behind an instance: its resource id, which never changes."""
    return str(instance["resourceId"]).lower()
