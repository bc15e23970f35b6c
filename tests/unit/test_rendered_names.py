"""What the program and the runbook say of Coder's objects is what the charts name them."""

from pathlib import Path

import pytest

from components.coder.rollout_wait import MIGRATIONS
from tests.conftest import ROOT
from tests.unit.charts import Render, render

POSTGRES = {
    "useDefault": False,
    "default": {"enable": False},
    "host": "db.example.com",
    "port": "5432",
    "user": "coder",
    "database": "coder",
    "passwordSecret": "coder-db",
}
OF_CHART = [
    ("classic", "1.44.3", {"postgres": POSTGRES}, "coderd", [MIGRATIONS, "coderd"]),
    ("v2", "2.38.8", {}, "coder", ["coder"]),
]


@pytest.mark.parametrize(("flavour", "version", "values", "service", "containers"), OF_CHART)
def test_the_names_of_containers_and_what_a_destroy_leaves_for_a_while(
    charts_folder: Path,
    flavour: str,
    version: str,
    values: dict[str, object],
    service: str,
    containers: list[str],
) -> None:
    found = render(charts_folder / flavour / f"coder-{version}.tgz", values)
    assert [each["name"] for each in found.containers()] == containers
    assert _labels(found)["app.kubernetes.io/name"] == "coder"
    assert service in [o["metadata"]["name"] for o in found.objects if o["kind"] == "Service"]
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    assert "wait --for=delete pod -l app.kubernetes.io/name=coder " in runbook
    assert "wait --for=delete service/coderd " in runbook


def _labels(found: Render) -> dict[str, str]:
    (deployment,) = (each for each in found.objects if each["kind"] == "Deployment")
    return deployment["spec"]["template"]["metadata"]["labels"]
