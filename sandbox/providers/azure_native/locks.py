"""Management locks: what they refuse."""

from collections.abc import Collection

from sandbox.providers.azure_native import ids
from sandbox.providers.azure_native.errors import ApiError
from sandbox.providers.cloud.account import Data

MARKER = "/providers/microsoft.authorization/locks/"


def refuse_deletion(data: Data, id: str) -> None:
    """Refuse to delete a resource that is locked, or whose parents are."""
    _refuse(data, id, "delete", ("CanNotDelete", "ReadOnly"))


def refuse_write(data: Data, id: str) -> None:
    """Refuse to write a resource on or below which a ReadOnly lock lies."""
    _refuse(data, id, "write", ("ReadOnly",))


def _refuse(data: Data, id: str, doing: str, levels: Collection[str]) -> None:
    if MARKER in ids.key(id):
        return
    for lock in data["locks"].values():
        scope = lock["scope"]
        if lock["level"] in levels and f"{ids.key(id)}/".startswith(f"{ids.key(scope)}/"):
            raise ApiError(
                "ScopeLocked",
                f"The scope '{id}' cannot perform {doing} operation because following scope(s) are "
                f"locked: '{scope}'. Please remove the lock and try again.",
                409,
            )
