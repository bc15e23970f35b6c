"""A stack of the program on the simulated Google Cloud, and the project's records of it."""

from pathlib import Path
from typing import Any

from components.gcp.labels import LABELS, spelled
from sandbox.providers.gcp.account import PROJECT
from sandbox.providers.gcp.project import Project
from tests.sandbox.cloud import CloudStack

REGIONAL = {"name": "dev", "location": "us-east1"}


class GcpStack(CloudStack):
    """One environment: a namespace, a Cloud SQL instance and a Coder."""

    cloud_name = "gcp"
    account = Project(PROJECT)
    name_key = "name"

    def __init__(self, name: str, folder: Path, **settings: Any) -> None:
        super().__init__(name, folder, **{"cluster": REGIONAL, **settings})

    def owns(self, instance: dict[str, Any]) -> bool:
        label = instance["settings"]["userLabels"].get(LABELS.stack)
        return label == spelled(f"coder/{self.name}")


def on_cloud_sql(stack: GcpStack) -> None:
    """Assert that Coder uses the stack's own instance, with a verified certificate."""
    database = stack.coder().buildinfo()["database"]
    named = stack.settings.get("server", {}).get("caMode")
    instance = stack.instance
    assert database["host"] == (instance["dnsName"].rstrip(".") if named else instance["address"])
    assert database["certificate_verified"]
