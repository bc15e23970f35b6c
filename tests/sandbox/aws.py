"""A stack of the program on the simulated AWS, and the account's records of it."""

from typing import Any

from sandbox.cluster import topology
from sandbox.providers.aws.region import Region
from tests.sandbox.cloud import CloudStack

REGION = Region(topology.REGION)


class AwsStack(CloudStack):
    """One environment: a namespace, an RDS instance and a Coder."""

    cloud_name = "aws"
    account = REGION
    name_key = "identifier"

    def owns(self, instance: dict[str, Any]) -> bool:
        return instance["tagsAll"]["coder:stack"] == f"coder/{self.name}"


def snapshots(stack: str) -> list[str]:
    """The names of the final snapshots that a stack has left."""
    prefix = f"coder-coder-{stack}-final-"
    return sorted(name for name in REGION.read()["snapshots"] if name.startswith(prefix))


def on_rds(stack: AwsStack) -> None:
    """Assert that Coder uses the stack's own instance, with a verified certificate."""
    database = stack.coder().buildinfo()["database"]
    assert database["host"] == stack.instance["address"]
    assert database["certificate_verified"]
