"""The password policy of an instance; it holds for passwords that the API sets."""

from sandbox.providers.cloud.account import Data
from sandbox.providers.gcp.errors import invalid

_CLASSES = (str.islower, str.isupper, str.isdigit, lambda each: not each.isalnum())


def refuse(settings: Data, username: str, password: str) -> None:
    """Raise the API's error for a password that the policy does not allow."""
    if not password:
        raise invalid("Missing parameter: password")
    policy = settings.get("passwordValidationPolicy") or {}
    if not policy.get("enablePasswordPolicy"):
        return
    least = policy.get("minLength") or 0
    if len(password) < least:
        raise invalid(f"Password does not meet complexity requirements: min length is {least}")
    # https://cloud.google.com/sql/docs/postgres/built-in-authentication#password-policies
    complex = policy.get("complexity") == "COMPLEXITY_DEFAULT"
    if complex and not all(any(map(each, password)) for each in _CLASSES):
        raise invalid(
            "Password does not meet complexity requirements: it must contain lowercase, uppercase, "
            "numeric, and non-alphanumeric characters"
        )
    if policy.get("disallowUsernameSubstring") and username.lower() in password.lower():
        raise invalid("Password does not meet complexity requirements: it contains the username")
