"""Database and Coder with a node label that is not the zone's name, and a CA that is an output."""

import dataclasses
from typing import Any

import pulumi
import pytest

from components.charts import ChartOptions, chart
from components.charts.fetch import fetch
from components.charts.repository import ChartRepository
from components.coder.args import CoderArgs
from components.coder.coder import Coder
from components.coder.exposure import Exposure
from components.coder.latency_gate import LatencyGate
from components.database.database import Database, DatabaseArgs
from components.database.spec import DatabaseSpec
from components.kubernetes.client import Cluster
from components.kubernetes.job_settings import JobPods
from components.server.passwords import ANOTHER_ADMIN_PASSWORD
from components.server.zone import Zone
from tests.unit.pretend import JOB, Engine, deploy
from tests.unit.stacks import made

ZONE = Zone("1", "westeurope-1")
SPEC = DatabaseSpec(
    cluster=Cluster(""),
    stack="coder/dev",
    flavour="v2",
    namespace="coder",
    create_namespace=True,
    password_generation=1,
    job_pods=JobPods(image="postgres:17"),
    protect=True,
)


def program(version: str = "2.38.8", **server: Any) -> None:
    """Create a database on a server, and Coder on it."""
    known = {"ca_certificate": None, "zone": ZONE, "ssl_mode": "verify-full"}
    database = Database(
        "database",
        DatabaseArgs(
            spec=SPEC,
            host=pulumi.Output.from_input("db.example.com"),
            port=5432,
            database="coder",
            admin_username="admin",
            admin_password=pulumi.Output.secret("x"),
            **known | server,
        ),
    )
    pulumi.export("zone", database.connection.zone_name)
    chosen = chart(version)
    assert chosen
    repository = ChartRepository(url=chosen.default_repository)
    archive = fetch(repository, chosen)
    args = CoderArgs(
        spec=SPEC,
        connection=database.connection,
        chart=dataclasses.replace(chosen, defaults=archive.values),
        chart_repository=repository,
        chart_archive=archive,
        chart_values={},
        options=ChartOptions(replicas=1, access_url=""),
        exposure=Exposure(mode="internal", chart=chosen, chart_values={}, access_url=""),
        rollout_timeout_seconds=900,
        latency_gate=LatencyGate("enforce", 10),
    )
    Coder("coder", args)


def deployed(version: str = "2.38.8", **server: Any) -> Engine:
    return deploy(made(), program=lambda: program(version, **server))


@pytest.mark.parametrize("created", [False, True])
def test_only_the_program_s_own_server_can_get_another_admin_password(created: bool) -> None:
    job = deployed(created_server=created).named("database-roles").plain
    (container,) = job["spec"]["template"]["spec"]["containers"]
    cures = [each["value"] for each in container["env"] if each["name"] == "PASSWORD_CURE"]
    assert cures == [ANOTHER_ADMIN_PASSWORD] * created


@pytest.mark.parametrize(("version", "key"), [("1.44.3", "coderd"), ("2.38.8", "coder")])
def test_pods_prefer_nodes_by_the_node_label_of_the_zone(version: str, key: str) -> None:
    engine = deployed(version)
    pods = [job.plain["spec"]["template"]["spec"] for job in engine.all(JOB)]
    assert len(pods) == 3
    for pod in [*pods, engine.named("coder-release").plain["values"][key]]:
        [preferred] = pod["affinity"]["nodeAffinity"][
            "preferredDuringSchedulingIgnoredDuringExecution"
        ]
        [expression] = preferred["preference"]["matchExpressions"]
        assert expression["values"] == ["westeurope-1"]


def test_the_exported_zone_is_the_name_in_the_cloud() -> None:
    assert deployed().exports["zone"] == "1"
    assert deployed(zone=None).exports["zone"] == ""


@pytest.mark.parametrize("version", ["1.44.3", "2.38.8"])
def test_a_ca_that_is_an_output_has_the_same_result_as_a_known_one(version: str) -> None:
    def output() -> None:
        program(version, ca_certificate=pulumi.Output.from_input("PEM"))

    known = inputs(deployed(version, ca_certificate="PEM"))
    assert inputs(deploy(made(), program=output)) == known
    assert known["coder-db-blue"]["stringData"]["ca.crt"] == "PEM"
    assert known["coder-release"] != inputs(deployed(version))["coder-release"]


def inputs(engine: Engine) -> dict[str, Any]:
    return {resource.name: resource.plain for resource in engine.asked}


def test_the_preflight_and_the_rollout_marker_change_with_the_ca() -> None:
    for name in ("coder-preflight", "coder-record"):
        one, other = (deployed(ca_certificate=ca).named(name).plain for ca in ("PEM", "other"))
        assert one != other
