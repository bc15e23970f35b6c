"""What servers store is encrypted, with a key of the customer's own where that is asked for.

Azure and Google Cloud encrypt all storage; there only the key can be a violation.
"""

from collections.abc import Iterator

from .policies import Properties
from .servers import ServerCheck, expected, inherits, server_policy
from .values import at

KEYS = {
    "aws": "kmsKeyId",
    "azure": "dataEncryption.primaryKeyURI",
    "gcp": "encryptionKeyName",
}
"""The property of each cloud's server that names the customer's key."""


def aws(inputs: Properties, config: Properties) -> Iterator[str]:
    """RDS does not encrypt by default."""
    yield from expected(inputs, "storageEncrypted", True, default=inherits(inputs))
    yield from customer_key("aws")(inputs, config)


def customer_key(cloud: str) -> ServerCheck:
    """A check that the server names a key, if the policy's configuration asks for one."""

    def check(inputs: Properties, config: Properties) -> Iterator[str]:
        if not at(config, "customerKey") or at(inputs, KEYS[cloud]):
            return
        if cloud == "azure" or not inherits(inputs):  # a copy in Azure must name its key, too
            yield f"{KEYS[cloud]}: is not set, and customerKey of this policy asks for one; set it"

    return check


POLICY = server_policy(
    "encryption",
    "What a database stores is encrypted.",
    {"aws": aws, "azure": customer_key("azure"), "gcp": customer_key("gcp")},
    {
        "customerKey": {
            "type": "boolean",
            "default": False,
            "description": "Whether the key must be the customer's own",
        }
    },
)
