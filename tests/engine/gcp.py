"""A stack of the program's Cloud SQL instance alone."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from sandbox.providers.gcp.account import PROJECT
from tests.engine.cloud import CloudStack


class GcpStack(CloudStack):
    """A Cloud SQL instance in a simulated project of its own."""

    cloud_name = provider = "gcp"
    scope = PROJECT
    name_key = "name"
    own_settings: ClassVar[dict[str, Any]] = {
        "gcp:project": PROJECT,
        "coder:cluster": {"name": "dev", "location": "us-east1"},
    }

    def backups(self) -> dict[str, Any]:
        """All backups of the project, those of deleted instances included."""
        return self.account()["snapshots"]

    def change(self, edit: Callable[[dict[str, Any]], object]) -> None:
        """Change what the project stores, as somebody else would."""
        account = self.account()
        edit(account)
        self._account.write_text(json.dumps(account))

    def add_neighbour(self, name: str) -> None:
        """Add an instance of somebody else, in the same network."""
        other = json.loads(json.dumps(self.instance()))
        other |= {"name": name, "uid": "0" * 12}
        other["settings"]["userLabels"] = {}
        self.change(lambda account: account["instances"].update({name: other}))
