"""Server parameters of a flexible server."""

from typing import ClassVar

from sandbox.providers.azure_native import ids, parameters
from sandbox.providers.azure_native.child import ServerChild
from sandbox.providers.azure_native.errors import invalid, not_found
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation

SOURCES = ("system-default", "user-override")
RESET: Data = {}
"""The body with which a deletion sets the default again."""


class Configuration(ServerChild):
    """One parameter; all of them exist always, so a creation finds none in its way."""

    type = "azure-native:dbforpostgresql:Configuration"
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.DBforPostgreSQL/flexibleServers/{serverName}"
        "/configurations/{configurationName}"
    )
    api = "2025-08-01"
    name_key = "configurationName"
    inputs, outputs, _ = sdk.resource(
        type, replaces=("configurationName", "resourceGroupName", "serverName")
    )
    responses: ClassVar = sdk.responses(type)

    def find(self, data: Data, id: str) -> Data | None:
        server, name = self.server(data, id), ids.name_of(id)
        if server is None or name.lower() not in parameters.known(int(server["version"])):
            return None
        return {"id": id, "created": server["created"], "server": server}

    def accepted(self, server: Data, id: str, body: Data) -> Data:
        name, value = ids.name_of(id).lower(), body.get("value")
        parameters.require(server, name)
        kept = {key: each for key, each in server["configurations"].items() if key != name}
        if body is RESET:
            return {"configurations": kept}
        if value is None or body.get("source") not in SOURCES:
            raise invalid("configurationValue", "Set value and source together.")
        parameters.refuse(server, name, value)
        return {"configurations": {**kept, name: value}}

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Reset the parameter to its default, which the provider reads first."""
        cloud = Subscription.of(op)
        if self.find(cloud.read(), id) is None:
            raise Failure(str(not_found(id)))
        self.put(op, cloud, id, RESET)

    def outputs_of(self, data: Data, record: Data) -> Data:
        server, name = record["server"], ids.name_of(record["id"]).lower()
        parameter = parameters.require(server, name)
        default = parameters.default(server, name)
        return {
            "allowedValues": parameter.values,
            "dataType": parameter.kind,
            "defaultValue": default,
            "description": "",
            "documentationLink": "",
            "isConfigPendingRestart": parameters.pending_restart(server, name),
            "isDynamicConfig": not parameter.static,
            "isReadOnly": parameter.fixed,
            "source": SOURCES[name in server["configurations"]],
            "unit": "",
            "value": server["configurations"].get(name, default),
        }
