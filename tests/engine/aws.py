"""A stack of the program's AWS server alone."""

from typing import Any, ClassVar

from tests.engine.cloud import CloudStack


class AwsStack(CloudStack):
    """An RDS instance in a simulated account of its own."""

    cloud_name = "aws"
    scope = "us-east-1"
    name_key = "identifier"
    own_settings: ClassVar[dict[str, Any]] = {
        "aws:region": "us-east-1",
        "coder:cluster": {"name": "dev"},
    }
