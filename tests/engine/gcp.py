"""A stack of the program's Cloud SQL instance alone."""

from typing import Any, ClassVar

from sandbox.providers.gcp.account import PROJECT

from tests.engine.cloud import CloudStack


class GcpStack(CloudStack):
    """A Cloud SQL instance in a simulated project of its own."""

    cloud_name = "gcp"
    scope = PROJECT
    name_key = "name"
    own_settings: ClassVar[dict[str, Any]] = {
        "gcp:project": PROJECT,
        "coder:cluster": {"name": "dev", "location": "us-east1"},
    }

    def backups(self) -> dict[str, Any]:
        """All backups of the project, those of deleted instances included."""
        return self.account()["snapshots"]
