"""A stack of the program on the simulated Azure, and the subscription's records of it."""

from pathlib import Path
from typing import Any

from sandbox.providers.azure_native.account import SUBSCRIPTION
from sandbox.providers.azure_native.subscription import Subscription
from tests.engine.azure import GIVEN
from tests.sandbox.cloud import CloudStack


class AzureStack(CloudStack):
    """One environment: a namespace, a flexible server and a Coder."""

    cloud_name = "azure"
    account = Subscription(SUBSCRIPTION)
    name_key = "name"

    def __init__(self, name: str, folder: Path, **settings: Any) -> None:
        own = {"cluster": {"name": "dev", "resourceGroup": "coder"}, "network": GIVEN}
        super().__init__(name, folder, **{**own, **settings})

    def owns(self, instance: dict[str, Any]) -> bool:
        return instance["tags"].get("coder:stack") == f"coder/{self.name}"


def on_azure(stack: AzureStack) -> None:
    """Assert that Coder uses the stack's own server, with a verified certificate."""
    database = stack.coder().buildinfo()["database"]
    assert database["host"] == stack.instance["fullyQualifiedDomainName"]
    assert database["certificate_verified"]
