"""A provider that was made from a Terraform provider."""

from sandbox.providers.bridged.messages import BridgedMessages
from sandbox.providers.framework.provider import Plugin


class BridgedProvider(Plugin):
    """Reports problems with inputs as the bridge does."""

    def messages(self, name: str) -> BridgedMessages:
        return BridgedMessages(name)
