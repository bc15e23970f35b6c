"""Private services connections: the peering of a network with Google's services."""

import time
from collections.abc import Iterable
from urllib.parse import quote_plus, unquote_plus

from sandbox.providers.bridged.checks import one_of
from sandbox.providers.bridged.errors import one_error
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import Path
from sandbox.providers.gcp import addresses, record
from sandbox.providers.gcp.account import PEERING, SERVICE
from sandbox.providers.gcp.deletion import abandoned
from sandbox.providers.gcp.errors import ApiError, failure
from sandbox.providers.gcp.project import Project

RELEASED = 4 * 3600
"""How long Google's services still use the connection of a deleted instance, in seconds."""
POLICIES = ("DELETE", "ABANDON", "REMOVE_PEERING", "PREVENT")
IN_USE = (
    "Error waiting for Delete Service Networking Connection: Error code 9, message: Failed to "
    "delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still using "
    "this connection."
)


class Connection(BridgedResource):
    """The connection of a network with servicenetworking.googleapis.com."""

    type = "gcp:servicenetworking/connection:Connection"
    inputs, outputs, computed = sdk.resource(
        type, replaces=("network", "service"), defaults={"deletionPolicy": "DELETE"}
    )

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        if path[0] == "reservedPeeringRanges":  # their order does not matter
            was, now = (each.get("reservedPeeringRanges") or [] for each in (old, new))
            return sorted(was) != sorted(now)
        if path == ("network",) and old.get("network") and new.get("network"):
            names = {addresses.network_name(each["network"]) for each in (old, new)}
            return len(names) > 1
        return super().differs(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        yield from one_of(op, inputs, "deletionPolicy", POLICIES)

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        project, vpc = self._of(op, inputs["network"])
        id = f"{quote_plus(inputs['network'])}:{quote_plus(inputs['service'])}"
        try:
            with project.transaction() as data:
                self._refuse(project, data, vpc, inputs)
                if addresses.peered(data, vpc) and not inputs.get("updateOnCreationFail"):
                    raise ApiError(
                        400,
                        "Cannot modify allocated ranges in CreateConnection. Please use "
                        "UpdateConnection.",
                        "failedPrecondition",
                    )
                data["connections"][vpc] = {"ranges": inputs["reservedPeeringRanges"]}
        except ApiError as error:
            raise one_error(str(error)) from None
        return id, self._outputs(inputs, inputs["reservedPeeringRanges"])

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        network, _, service = id.partition(":")
        if not network or not service or ":" in service:
            raise one_error(f"Failed to parse service networking connection id, value: {id}")
        inputs = {**state, "network": unquote_plus(network), "service": unquote_plus(service)}
        project, vpc = self._of(op, inputs["network"])
        found = project.read()["connections"].get(vpc)
        return {**inputs, **self._outputs(inputs, found["ranges"])} if found else None

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        project, vpc = self._of(op, inputs["network"])
        try:
            with project.transaction() as data:
                self._refuse(project, data, vpc, inputs)
                data["connections"][vpc] = {"ranges": inputs["reservedPeeringRanges"]}
        except ApiError as error:
            raise one_error(str(error)) from None
        return self._outputs(inputs, inputs["reservedPeeringRanges"])

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Remove the connection, unless an instance uses it.

        With REMOVE_PEERING, the provider then removes the network's peering instead:
        github.com/GoogleCloudPlatform/magic-modules/pull/18476.
        """
        project, vpc = self._of(op, state["network"])
        if abandoned(state, state["network"]):
            return
        with project.transaction() as data:
            if _used(data, vpc) and state.get("deletionPolicy") != "REMOVE_PEERING":
                raise failure(
                    "Unable to remove Service Networking Connection, err", ValueError(IN_USE)
                )
            data["connections"].pop(vpc, None)

    def _of(self, op: Operation, network: str) -> tuple[Project, str]:
        host = addresses.network_project(network, op.config["project"])
        return Project.of(op, {"project": host}), addresses.network_name(network)

    def _refuse(self, project: Project, data: Data, vpc: str, inputs: Data) -> None:
        if inputs["service"] != SERVICE:
            raise ApiError(404, f"Service {inputs['service']} not found.", "notFound")
        if vpc not in data["networks"]:
            path = f"projects/{project.scope}/global/networks/{vpc}"
            raise ApiError(404, f"The resource '{path}' was not found", "notFound")
        if not inputs["reservedPeeringRanges"]:
            raise ApiError(400, "Reserved peering ranges must be specified.", "badRequest")
        for name in inputs["reservedPeeringRanges"]:
            found = data["addresses"].get(name)
            if not found or addresses.network_name(found["network"]) != vpc:
                raise ApiError(
                    400,
                    f"Invalid allocated IP range {name}: it is no range of network {vpc} with the "
                    "purpose VPC_PEERING.",
                    "badRequest",
                )

    def _outputs(self, inputs: Data, ranges: list[str]) -> Data:
        return {
            "deletionPolicy": inputs.get("deletionPolicy") or "DELETE",
            "network": inputs["network"],
            "peering": PEERING,
            "reservedPeeringRanges": ranges,
            "service": inputs["service"],
        }


def _used(data: Data, vpc: str) -> bool:
    """Whether the network has an instance, or had one a short time ago."""
    gone = (each for each in data["deleted"].values() if time.time() - each["time"] < RELEASED)
    return any(each["network"] == vpc for each in gone) or any(
        record.vpc(each) == vpc for each in data["instances"].values()
    )
