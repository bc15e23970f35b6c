"""Generated passwords, and digests that show when a password changes."""

import hashlib
import hmac
from collections.abc import Mapping

import pulumi
import pulumi_random as random

ANOTHER_ADMIN_PASSWORD = (
    "type `pulumi up --replace '**-admin-password'`, which generates another one and sets it"
)
"""The way out where the server does not have the admin login's password of the state."""


def generated_password(
    name: str, opts: pulumi.ResourceOptions, keepers: Mapping[str, str] | None = None
) -> random.RandomPassword:
    """32 characters that need no escaping in a URL, at least one of each kind.

    Another value of `keepers` generates another password. None are the same as an empty mapping.
    """
    return random.RandomPassword(
        name,
        length=32,
        override_special="-_~",
        min_lower=1,
        min_upper=1,
        min_numeric=1,
        min_special=1,
        # Earlier versions of this program set none: an empty mapping would replace the password.
        keepers=keepers or None,
        opts=opts,
    )


def digest_key(name: str, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """The random key of a stack's password digests; it is a secret that only the state holds."""
    return random.RandomBytes(name, length=32, opts=opts).hex


def password_digest(key: pulumi.Input[str], password: pulumi.Input[str]) -> pulumi.Output[str]:
    """A text that changes with the password, and from which nobody can guess it."""

    def digest(parts: dict[str, str]) -> str:
        content = parts["password"].encode()
        return hmac.new(bytes.fromhex(parts["key"]), content, hashlib.sha256).hexdigest()[:16]

    digested = pulumi.Output.all(key=key, password=password).apply(digest)
    # Not secret: without the key, an HMAC can't be compared with guessed passwords.
    return pulumi.Output.unsecret(digested)
