"""The key of a flexible server's storage, and the identity that reads it."""

import re

from sandbox.providers.azure_native.errors import ApiError, invalid
from sandbox.providers.cloud.account import Data

KEY = r"https://[\w-]+\.(vault|managedhsm)\.azure\.net(:443)?/keys/[\w-]+(/\w+)?"
SYSTEM: Data = {"type": "SystemManaged"}
_PAIRS = (
    ("primaryKeyURI", "primaryUserAssignedIdentityId"),
    ("geoBackupKeyURI", "geoBackupUserAssignedIdentityId"),
)


def refuse(wanted: Data, identity: Data, backup: Data, old: Data | None) -> None:
    """Refuse a key without its identity, and a key of one's own after the creation."""
    kind = wanted.get("type") or "SystemManaged"
    if kind not in ("SystemManaged", "AzureKeyVault"):
        raise invalid("dataEncryption.type")
    if old and kind != old["type"]:
        raise ApiError(
            "DataEncryptionTypeCannotBeChanged",
            "The data encryption type can only be chosen when the server is created.",
        )
    if kind == "SystemManaged":
        return
    needed = _PAIRS if backup["geoRedundantBackup"] == "Enabled" else _PAIRS[:1]
    assigned = {key.lower() for key in _assigned(identity)}
    for key, by in needed:
        if not re.fullmatch(KEY, wanted.get(key) or ""):
            raise invalid(f"dataEncryption.{key}")
        if (wanted.get(by) or "").lower() not in assigned:
            raise invalid(f"dataEncryption.{by}", "The server must have that identity.")


def _assigned(identity: Data) -> list[str]:
    if identity.get("type") not in ("UserAssigned", "SystemAssigned,UserAssigned"):
        return []
    return list(identity.get("userAssignedIdentities") or ())


def outputs(wanted: Data) -> Data:
    """The key with its state."""
    if wanted["type"] == "SystemManaged":
        return wanted
    geo = {"geoBackupEncryptionKeyStatus": "Valid"} if wanted.get("geoBackupKeyURI") else {}
    return {**wanted, "primaryEncryptionKeyStatus": "Valid", **geo}
