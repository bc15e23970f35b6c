"""A stack of the program's AWS server alone."""

import json
from typing import Any, ClassVar

from tests.engine.cloud import CloudStack


class AwsStack(CloudStack):
    """An RDS instance in a simulated account of its own."""

    cloud_name = provider = "aws"
    scope = "us-east-1"
    name_key = "identifier"
    own_settings: ClassVar[dict[str, Any]] = {
        "aws:region": "us-east-1",
        "coder:cluster": {"name": "dev"},
    }

    def restore_drill(self, name: str) -> None:
        """Add a copy of the instance with all its tags, as AWS Backup makes it."""
        account, own = self.account(), self.instance()
        copy = own | {"identifier": name, "resourceId": f"db-{name.upper()}"}
        account["instances"][name] = copy
        self._account.write_text(json.dumps(account))
