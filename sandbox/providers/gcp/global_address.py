"""Global addresses: the ranges that are allocated for private services access."""

import ipaddress
from collections.abc import Iterable

from sandbox.providers.bridged.checks import matches, one_of, problem
from sandbox.providers.bridged.errors import one_error
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import autoname
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import Path
from sandbox.providers.gcp import account, addresses
from sandbox.providers.gcp.deletion import abandoned
from sandbox.providers.gcp.errors import ApiError, failure
from sandbox.providers.gcp.project import Project


class GlobalAddress(BridgedResource):
    """A reserved range of addresses; single addresses are not simulated."""

    type = "gcp:compute/globalAddress:GlobalAddress"
    inputs, outputs, computed = sdk.resource(
        type,
        replaces=(
            "address",
            "addressType",
            "description",
            "ipVersion",
            "name",
            "network",
            "prefixLength",
            "project",
            "purpose",
        ),
        defaults={"addressType": "EXTERNAL", "deletionPolicy": "DELETE"},
    )

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        if path == ("network",) and old.get("network") and new.get("network"):
            names = {addresses.network_name(each["network"]) for each in (old, new)}
            return len(names) > 1
        return super().differs(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        if inputs.get("name") is None:
            inputs["name"] = autoname(op, old.get("name"))
        if inputs.get("project") is None:
            inputs["project"] = op.config["project"]
        pattern = r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?"
        yield from matches(op, inputs, "name", pattern, "a name of RFC 1035")
        yield from one_of(op, inputs, "addressType", ("EXTERNAL", "INTERNAL"))
        yield from one_of(op, inputs, "deletionPolicy", ("DELETE", "ABANDON", "PREVENT"))
        yield from one_of(op, inputs, "ipVersion", ("IPV4", "IPV6", ""))
        yield from one_of(op, inputs, "purpose", ("VPC_PEERING", "PRIVATE_SERVICE_CONNECT", ""))
        if inputs.get("purpose") != "VPC_PEERING" or inputs.get("ipVersion") == "IPV6":
            text = "not simulated: a global address that is no IPv4 range of VPC_PEERING"
            yield problem(op, "purpose", text)

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        project, name = Project.of(op, inputs), inputs["name"]
        try:
            with project.transaction() as data:
                self._refuse(project, data, inputs)
                found = {key: each for key, each in inputs.items() if each is not None}
                vpc = addresses.network_name(inputs["network"])
                found["network"] = account.compute_link(
                    f"projects/{project.scope}/global/networks/{vpc}"
                )
                if not found.get("address"):
                    found["address"] = addresses.choose_range(data, inputs["prefixLength"])
                self._refuse_overlap(data, found)
                data["addresses"][name] = found
        except ApiError as error:
            raise failure("Error creating GlobalAddress", error) from None
        return self._id(project, name), self._outputs(project, found)

    def _refuse(self, project: Project, data: Data, inputs: Data) -> None:
        name, path = inputs["name"], self._id(project, inputs["name"])
        if name in data["addresses"]:
            raise ApiError(409, f"The resource '{path}' already exists", "alreadyExists")
        if inputs.get("addressType") != "INTERNAL":
            raise ApiError(
                400,
                "Invalid value for field 'resource.addressType': 'EXTERNAL'. Purpose VPC_PEERING "
                "requires the address type INTERNAL.",
                "invalid",
            )
        if not inputs.get("network"):
            raise ApiError(400, "The network must be specified for VPC_PEERING.", "invalid")
        link = inputs["network"]
        vpc, host = addresses.network_name(link), addresses.network_project(link, project.scope)
        if host != project.scope or vpc not in data["networks"]:
            path = f"projects/{host}/global/networks/{vpc}"
            raise ApiError(404, f"The resource '{path}' was not found", "notFound")
        if not 8 <= (inputs.get("prefixLength") or 0) <= 30:
            raise ApiError(
                400, "Prefix length must be from 8 to 30 for purpose VPC_PEERING.", "invalid"
            )

    def _refuse_overlap(self, data: Data, found: Data) -> None:
        try:
            wanted = addresses.range_of(found)
        except (ipaddress.AddressValueError, ValueError) as error:
            raise ApiError(
                400, f"Invalid value for field 'resource.address': {error}", "invalid"
            ) from None
        for each in data["addresses"].values():
            if each["network"] == found["network"] and addresses.range_of(each).overlaps(wanted):
                raise ApiError(
                    400,
                    f"Requested range conflicts with other resources: {each['name']}",
                    "badRequest",
                )

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        parts = id.split("/")
        inputs = state or {"project": parts[1] if len(parts) > 1 else None}
        project, name = Project.of(op, inputs), parts[-1]
        found = project.read()["addresses"].get(name)
        if not found:
            return None
        kept = {"deletionPolicy": "DELETE", **state}
        return {**kept, **self._outputs(project, found), "id": self._id(project, name)}

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        project, name = Project.of(op, inputs), inputs["name"]
        with project.transaction() as data:
            found = data["addresses"].get(name)
            if found is None:
                error = ApiError(404, f"The resource '{id}' was not found", "notFound")
                raise failure(f'Error updating GlobalAddress "{id}"', error)
            found["labels"] = inputs.get("labels") or {}
        return self._outputs(project, found)

    def delete(self, op: Operation, id: str, state: Data) -> None:
        project, name = Project.of(op, state), state["name"]
        if abandoned(state, name):
            return
        with project.transaction() as data:
            if any(name in each["ranges"] for each in data["connections"].values()):
                raise one_error(
                    f"Error waiting for Deleting GlobalAddress: The resource '{id}' is already "
                    "being used by a private services connection"
                )
            data["addresses"].pop(name, None)

    def _id(self, project: Project, name: str) -> str:
        return f"projects/{project.scope}/global/addresses/{name}"

    def _outputs(self, project: Project, found: Data) -> Data:
        labels = found.get("labels") or {}
        return {
            "address": found["address"],
            "addressType": found["addressType"],
            "creationTimestamp": "2026-01-01T00:00:00.000-08:00",
            "description": found.get("description") or "",
            "effectiveLabels": labels,
            "ipVersion": found.get("ipVersion") or "",
            "labelFingerprint": "42WmSpB8rSM=",
            "labels": labels,
            "name": found["name"],
            "network": found["network"],
            "prefixLength": found["prefixLength"],
            "project": project.scope,
            "pulumiLabels": labels,
            "purpose": found["purpose"],
            "selfLink": account.compute_link(self._id(project, found["name"])),
        }
