"""Resources inside a flexible server: each change is an operation of the server."""

from sandbox.providers.azure_native import ids, locks
from sandbox.providers.azure_native.arm import ArmResource
from sandbox.providers.azure_native.errors import ApiError, reported
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework.operation import Operation


class ServerChild(ArmResource):
    """A resource type below `flexibleServers`."""

    kind = "instances"

    def server(self, data: Data, id: str) -> Data | None:
        """The server to which the child belongs."""
        parent = ids.parent(id)
        found = data["instances"].get(ids.name_of(parent).lower())
        return found if found and ids.key(found["id"]) == ids.key(parent) else None

    def accepted(self, server: Data, id: str, body: Data) -> Data:
        """The changes of the server that a PUT makes; ApiError if the service refuses it."""
        raise NotImplementedError

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        cloud = Subscription.of(op)
        id = self.id_of(cloud, inputs)
        self.put(op, cloud, id, self.body(inputs))
        return id, self.read_outputs(cloud, id)

    def update(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        cloud = Subscription.of(op)
        self.put(op, cloud, id, self.body(inputs))
        return self.read_outputs(cloud, id)

    def put(self, op: Operation, cloud: Subscription, id: str, body: Data) -> None:
        """Change the server, which is busy meanwhile."""
        with reported():
            with cloud.transaction() as data:
                server = self.idle_server(cloud, data, id)
                locks.refuse_write(data, id)
                cloud.begin(server, "modify", changes=self.accepted(server, id, body))
            cloud.wait(op, ids.name_of(ids.parent(id)).lower())

    def idle_server(self, cloud: Subscription, data: Data, id: str) -> Data:
        """The server, if it exists and is not busy."""
        server = self.server(data, id)
        if server is None:
            raise ApiError(
                "ParentResourceNotFound",
                f"Failed to perform 'write' on resource(s) of type '{ids.type_of(id)}', because "
                f"the parent resource '{ids.parent(id)}' could not be found.",
                404,
            )
        cloud.require_idle(server)
        return server
