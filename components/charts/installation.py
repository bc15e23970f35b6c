"""The Helm release's inputs that locate the chart."""

from pathlib import Path
from typing import Any

import pulumi

from components.charts import cache
from components.charts.archive import ChartArchive
from components.charts.repository import ChartRepository

FOLDER = Path(".charts")
"""In the project's folder, where the provider runs: the path is the same on each machine."""


def release_inputs(repository: ChartRepository, archive: ChartArchive) -> dict[str, Any]:
    """The inputs of the release that say which chart is installed, and how to fetch it."""
    if repository.is_registry:
        # The provider takes no login and no CA for a registry: it gets what has been fetched.
        path = FOLDER / archive.digest[:12] / f"{archive.name}-{archive.version}.tgz"
        cache.write(path, archive.content)
        return {"chart": f"./{path}"}
    options: dict[str, Any] = {"repo": repository.url}
    if repository.username:
        options["username"] = repository.username
        options["password"] = pulumi.Output.secret(repository.password)
    if repository.ca_certificate:
        options["ca_file"] = repository.ca_certificate
    return {"chart": archive.name, "repository_opts": options}
