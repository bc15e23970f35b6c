"""The administrator of a flexible server: login, password and kinds of authentication."""

import re

from sandbox.providers.azure_native.errors import ApiError, invalid, not_simulated
from sandbox.providers.cloud.account import Data

RESERVED = frozenset(
    ("azure_superuser", "azure_pg_admin", "admin", "administrator", "root", "guest", "public")
)
_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
DEFAULT: Data = {"activeDirectoryAuth": "Disabled", "passwordAuth": "Enabled"}


def authentication(given: Data | None) -> Data:
    """The kinds of authentication; one that an incomplete object omits is off."""
    if given is None:
        return DEFAULT
    return {"activeDirectoryAuth": "Disabled", "passwordAuth": "Disabled", **given}


def refuse(wanted: Data, login: str | None, password: str | None) -> None:
    """Refuse a login or a password that the kinds of authentication do not allow."""
    for key in ("activeDirectoryAuth", "passwordAuth"):
        if wanted[key] not in ("Enabled", "Disabled"):
            raise invalid(f"authConfig.{key}")
    if wanted["activeDirectoryAuth"] == "Enabled":
        raise not_simulated("Microsoft Entra authentication is an error")
    if wanted["passwordAuth"] == "Disabled":
        raise invalid(
            "authConfig.passwordAuth",
            "It must be Enabled where an administrator login or password is given, and one kind of "
            "authentication must be Enabled.",
        )
    if login is not None:
        refuse_login(login)
    if password is not None:
        refuse_password(password, login or "")


def refuse_login(login: str) -> None:
    """Refuse a reserved or malformed login."""
    reserved = login.lower() in RESERVED or login.lower().startswith("pg_")
    if reserved or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$-]{0,62}", login):
        raise ApiError(
            "InvalidAdministratorLogin",
            f"The administrator login '{login}' is not valid: it is reserved or has characters "
            "that are not allowed.",
        )


def refuse_password(password: str, login: str) -> None:
    """Refuse a password that is too short, too long or too simple, or that contains the login."""
    classes = sum(bool(re.search(each, password)) for each in _CLASSES)
    contains = bool(login) and login.lower() in password.lower()
    if not 8 <= len(password) <= 128 or classes < 3 or contains:
        raise ApiError(
            "PasswordNotComplex",
            "Password validation failed. The password does not meet policy requirements because it "
            "is not complex enough.",
        )
