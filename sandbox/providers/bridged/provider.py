"""A provider that was made from a Terraform provider."""

from sandbox.providers.bridged.messages import BridgedMessages
from sandbox.providers.framework.provider import Provider


class BridgedProvider(Provider):
    """Reports problems with inputs as the bridge does."""

    def messages(self, name: str) -> BridgedMessages:
        return BridgedMessages(name)
