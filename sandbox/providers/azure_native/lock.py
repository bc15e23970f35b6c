"""Management locks as a resource."""

from typing import ClassVar

from sandbox.providers.azure_native import ids, shape
from sandbox.providers.azure_native.arm import ArmResource
from sandbox.providers.azure_native.errors import ApiError, not_found
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk

LEVELS = ("CanNotDelete", "ReadOnly")


class ManagementLock(ArmResource):
    """A lock on a subscription, a resource group or a resource."""

    type = "azure-native:authorization:ManagementLockByScope"
    kind = "locks"
    path = "{scope}/providers/Microsoft.Authorization/locks/{lockName}"
    api = "2020-05-01"
    name_key = "lockName"
    inputs, outputs, _ = sdk.resource(type, replaces=("lockName", "scope"))
    responses: ClassVar = sdk.responses(type)

    def written(self, cloud: Subscription, data: Data, id: str, body: Data, old: Data) -> Data:
        scope = (ids.parameters(self.path, id) or {})["scope"]
        if body["level"] not in LEVELS:
            raise ApiError("InvalidLockLevel", f"The lock level '{body['level']}' is not valid.")
        if not _exists(data, scope):
            raise not_found(scope)
        return shape.merged({**old, "scope": scope}, body)


def _exists(data: Data, scope: str) -> bool:
    """Whether the scope exists; a scope of another kind than the simulated ones does."""
    if "/flexibleservers/" in ids.key(scope):
        return ids.name_of(scope).lower() in data["instances"]
    group = ids.group_of(scope)
    return not group or group.lower() in data["groups"]
