"""Every version of both charts is configured with the external database."""

from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import pytest

from components.charts import Chart, ChartOptions, chart
from components.connection import Login, PostgresConnection
from tests.unit.aws import Aws
from tests.unit.pretend import RELEASE, deployed, refused
from tests.unit.stacks import ADMIN_PASSWORD, GIVEN, HOST, MADE, PASSWORD, Stack, given, made

CLASSIC = ["1.19.0", "1.21.0", "1.26.0", "1.27.0", "1.29.0", "1.29.1", "1.35.0", "1.35.1", "1.35.3",
           "1.44.3"]  # fmt: skip
V2 = ["2.0.0", "2.38.8"]
UNUSED_OUTPUT = mock.create_autospec(pulumi.Output)


def values(stack: Stack) -> dict[str, Any]:
    [release] = deployed(stack).all(RELEASE)
    return release.plain["values"]


def at(version: str, **changes: Any) -> Stack:
    """A stack with that chart, and an sslMode that every version supports."""
    return made(chartVersion=version, existing=MADE | {"sslMode": "require"}, **changes)


def known(version: str) -> Chart:
    found = chart(version)
    assert found, f"no chart has version {version}"
    return found


def program_values(version: str) -> dict[str, Any]:
    """The values that the program sets for that version."""
    connection = PostgresConnection(
        host=HOST,
        port=5432,
        database="coder",
        login=Login(secret_name="coder-db", username="bob", password=UNUSED_OUTPUT),
        ssl_mode="verify-full",
        ca_certificate="PEM",
        zone=None,
    )
    return known(version).values(connection, ChartOptions(replicas=1, access_url=""))


@pytest.mark.parametrize("version", CLASSIC)
def test_classic_never_starts_its_built_in_database(version: str) -> None:
    postgres = program_values(version)["postgres"]
    assert postgres["useDefault"] is False, "versions up to 1.26.1 read this key"
    assert postgres["default"] == {"enable": False}, "versions from 1.21.0 on read this key"


@pytest.mark.parametrize("version", CLASSIC)
def test_classic_gets_the_database_by_postgres_values(version: str) -> None:
    postgres = program_values(version)["postgres"]
    keys = ("host", "port", "database", "user", "passwordSecret")
    assert {key: postgres[key] for key in keys} == {
        "host": HOST,
        "port": "5432",
        "database": "coder",
        "user": "bob",
        "passwordSecret": "coder-db",
    }


def test_the_release_uses_the_login_in_use() -> None:
    postgres = values(made())["postgres"]
    assert postgres["user"] == "coder_blue"
    assert postgres["passwordSecret"] == "coder-db-blue"


@pytest.mark.parametrize(
    ("version", "mounted"),
    [("1.27.0", False), ("1.34.9", False), ("1.35.0", True), ("1.35.1", False), ("1.35.2", False),
     ("1.35.3", True), ("1.44.3", True)],
)  # fmt: skip
def test_the_password_is_mounted_as_a_file_where_the_chart_supports_it(
    version: str, mounted: bool
) -> None:
    assert program_values(version)["postgres"].get("noPasswordEnv", False) is mounted


@pytest.mark.parametrize(
    ("version", "supported"),
    [("1.27.0", False), ("1.29.0", False), ("1.29.1", True), ("1.44.3", True)],
)
def test_the_pool_size_is_set_where_the_chart_supports_it(version: str, supported: bool) -> None:
    envs = program_values(version)["coderd"].get("extraEnvs")
    assert envs == ([{"name": "CODER_MAX_DB_CONNECTIONS", "value": "30"}] if supported else None)


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_classic_uses_the_ssl_mode_and_ca_of_the_settings(mode: str, ca_file: str) -> None:
    postgres = values(made(existing=MADE | {"sslMode": mode}, caCertificate=ca_file))["postgres"]
    assert postgres["sslMode"] == mode
    secret = {"rootCertSecret": {"name": "coder-db-blue", "key": "ca.crt"}}
    assert postgres.get("ssl") == (None if mode == "require" else secret)


def test_classic_without_a_ca_file_uses_the_system_roots() -> None:
    postgres = values(made())["postgres"]
    assert postgres["sslMode"] == "verify-full"
    assert "ssl" not in postgres


@pytest.mark.parametrize("version", V2)
def test_v2_gets_the_database_by_environment_variables(version: str) -> None:
    found = values(made(chartVersion=version))
    assert set(found) == {"coder"}, "v2 has no postgres values"
    assert found["coder"]["env"] == [
        {
            "name": "CODER_PG_CONNECTION_URL",
            "valueFrom": {"secretKeyRef": {"name": "coder-db-blue", "key": "url"}},
        },
        {"name": "CODER_PG_CONN_MAX_OPEN", "value": "10"},
    ]
    assert "certs" not in found["coder"]


@pytest.mark.parametrize("version", V2)
def test_v2_gets_the_ca_and_the_access_url(version: str, ca_file: str) -> None:
    url = "https://coder.example.com"
    coder = values(made(chartVersion=version, caCertificate=ca_file, accessUrl=url))["coder"]
    assert coder["certs"] == {"secrets": [{"name": "coder-db-blue", "key": "ca.crt"}]}
    assert {"name": "CODER_ACCESS_URL", "value": url} in coder["env"]


@pytest.mark.parametrize(("version", "key"), [("1.44.3", "coderd"), ("2.38.8", "coder")])
def test_coder_prefers_but_does_not_require_the_zone_of_the_database(
    version: str, key: str
) -> None:
    [(weight, expression)] = [
        (preference["weight"], preference["preference"]["matchExpressions"])
        for preference in values(made(chartVersion=version, zone="us-east-1a"))[key]["affinity"][
            "nodeAffinity"
        ]["preferredDuringSchedulingIgnoredDuringExecution"]
    ]
    assert weight == 100
    assert expression == [
        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-east-1a"]}
    ]
    assert "affinity" not in values(made(chartVersion=version))[key]


@pytest.mark.parametrize(
    ("version", "key"), [("1.44.3", ("coderd", "replicas")), ("2.38.8", ("coder", "replicaCount"))]
)
def test_replicas_are_set(version: str, key: tuple[str, str]) -> None:
    assert values(made(chartVersion=version, replicas=3))[key[0]][key[1]] == 3


@pytest.mark.parametrize("version", ["1.27.0", "1.44.3"])
def test_classic_without_a_password_references_no_secret(version: str) -> None:
    login = {"host": HOST, "username": "bob"}
    postgres = values(given(existing=login, chartVersion=version))["postgres"]
    assert postgres["passwordSecret"] == ""
    assert "noPasswordEnv" not in postgres, "the chart would mount a Secret without a name"


@pytest.mark.parametrize("version", ["1.19.0", "1.44.3", "2.38.8"])
def test_the_values_contain_no_secret_and_no_url(version: str, ca_file: str) -> None:
    for server in (MADE, GIVEN):
        stack = at(version, caCertificate=ca_file) | {"existing": server | {"sslMode": "require"}}
        [release] = deployed(stack).all(RELEASE)
        assert "[secret]" not in release.in_the_clear
        for word in (PASSWORD, ADMIN_PASSWORD, "canary", "postgresql://"):
            assert word not in release.in_the_clear


@pytest.mark.parametrize(
    ("version", "flavour", "repository", "service"),
    [
        ("1.19.0", "classic", "https://helm.coder.com", "coderd"),
        ("1.44.3", "classic", "https://helm.coder.com", "coderd"),
        ("2.0.0", "v2", "https://helm.coder.com/v2", "coder"),
        ("v2.38.8", "v2", "https://helm.coder.com/v2", "coder"),
    ],
)
def test_the_version_selects_the_chart(
    version: str, flavour: str, repository: str, service: str
) -> None:
    engine = deployed(at(version))
    release = engine.named("coder-release").plain
    assert release["chart"] == "coder"
    assert release["version"] == version.removeprefix("v")
    assert release["repositoryOpts"] == {"repo": repository}
    assert engine.exports["chart"] == flavour
    assert known(version).service == service


def test_chart_repository_replaces_the_default() -> None:
    mirror = "http://charts.example.com/coder"
    release = deployed(made(chartRepository=mirror)).named("coder-release").plain
    assert release["repositoryOpts"] == {"repo": mirror}


@pytest.mark.parametrize(
    ("version", "replicas", "connections"),
    # A rolling update adds a quarter of the replicas, rounded up.
    [("1.44.3", 1, 60), ("1.44.3", 4, 150), ("1.44.3", 5, 210), ("2.38.8", 1, 24),
     ("2.38.8", 4, 60)],
)  # fmt: skip
def test_the_connection_budget_includes_the_surge_pods_of_a_rolling_update(
    version: str, replicas: int, connections: int
) -> None:
    assert known(version).connections(replicas) == connections


OWNED = [
    ("1.44.3", {"postgres": {"host": "x"}}, "postgres.host"),
    ("1.44.3", {"postgres": {"default": {"enable": True}}}, "postgres.default.enable"),
    ("1.44.3", {"postgres": {"useDefault": True}}, "postgres.useDefault"),
    ("1.44.3", {"postgres": None}, "postgres"),
    ("1.44.3", {"coderd": {"replicas": 3}}, "coderd.replicas"),
    ("1.44.3", {"coderd": {"extraEnvs": [{"name": "CODER_MAX_DB_CONNECTIONS", "value": "1"}]}},
     "coderd.extraEnvs[CODER_MAX_DB_CONNECTIONS]"),
    ("1.44.3", {"coderd": {"extraEnvs": "x"}}, "coderd.extraEnvs"),
    ("2.38.8", {"coder": {"env": [{"name": "OTHER", "value": "1"},
                                  {"name": "CODER_PG_CONNECTION_URL", "value": "x"}]}},
     "coder.env[CODER_PG_CONNECTION_URL]"),
    ("2.38.8", {"coder": {"replicaCount": 3}}, "coder.replicaCount"),
]  # fmt: skip


@pytest.mark.parametrize(("version", "chart_values", "key"), OWNED, ids=[k for *_, k in OWNED])
def test_values_that_the_program_sets_are_refused(
    version: str, chart_values: dict[str, Any], key: str
) -> None:
    assert refused(made(chartVersion=version, chartValues=chart_values)) == [
        f"chartValues.{key}: the program sets this key; remove it"
    ]


UNKNOWN = [
    ("1.28.0", {"coderd": {"extraEnvs": []}}, "coderd.extraEnvs", "1.29.1"),
    ("1.36.0", {"postgres": {"searchPath": "x"}}, "postgres.searchPath", "1.37.0"),
    ("1.25.0", {"postgres": {"ssl": {"certSecret": {"name": "x"}}}}, "postgres.ssl", "1.26.0"),
    ("1.26.1", {"postgres": {"connector": "awsiamrds"}}, "postgres.connector", "1.27.0"),
    ("1.20.0", {"coderd": {"serviceSpec": {}}}, "coderd.serviceSpec", "1.21.0"),
    ("2.29.0", {"coder": {"livenessProbe": {}}}, "coder.livenessProbe", "2.30.0"),
    ("1.44.3", {"postgres": {"bogus": 1}}, "postgres.bogus", None),
    ("1.44.3", {"coder": {"env": []}}, "coder", None),
    ("2.38.8", {"postgres": {"host": "x"}}, "postgres", None),
    ("2.38.8", {"coderd": {}}, "coderd", None),
]


@pytest.mark.parametrize(
    ("version", "chart_values", "key", "since"), UNKNOWN, ids=[f"{v}-{k}" for v, _, k, _ in UNKNOWN]
)
def test_values_that_the_chart_would_ignore_are_refused(
    version: str, chart_values: dict[str, Any], key: str, since: str | None
) -> None:
    why = f"the chart has this key since {since}" if since else "the chart has no such key"
    assert refused(at(version, chartValues=chart_values)) == [
        f"chartValues.{key}: {why} (chart {version})"
    ]


def test_a_ca_value_is_refused_where_the_cloud_supplies_the_ca() -> None:
    secret = {"ssl": {"rootCertSecret": {"name": "mine", "key": "ca.crt"}}}
    lines = Aws().refuses(chartVersion="1.44.3", chartValues={"postgres": secret})
    assert lines == [
        f"chartValues.postgres.ssl.rootCertSecret.{key}: the program sets this key; remove it"
        for key in ("name", "key")
    ]


@pytest.mark.parametrize("version", ["1.35.1", "1.35.2"])
def test_no_password_env_is_refused_for_the_two_versions_without_it(version: str) -> None:
    stack = at(version, chartValues={"postgres": {"noPasswordEnv": True}})
    assert refused(stack) == [
        "chartValues.postgres.noPasswordEnv: 1.35.1 and 1.35.2 were released without this key "
        f"(chart {version})"
    ]


def test_other_values_are_passed_to_the_chart() -> None:
    found = values(made(chartValues={
        "postgres": {"searchPath": "coder"},
        "coderd": {"extraEnvs": [{"name": "OTHER", "value": "1"}], "resources": {"x": 1}},
        "services": {"nodeSelector": {"pool": "coder"}},
    }))  # fmt: skip
    assert found["postgres"]["searchPath"] == "coder"
    assert found["postgres"]["host"] == HOST
    assert [env["name"] for env in found["coderd"]["extraEnvs"]] == [
        "CODER_MAX_DB_CONNECTIONS",
        "OTHER",
    ]
    assert found["coderd"]["resources"] == {"x": 1}
    assert found["services"] == {"nodeSelector": {"pool": "coder"}}


@pytest.mark.parametrize(
    ("version", "chart_values", "selector"),
    [
        ("1.44.3", {}, {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}),
        ("1.44.3", {"services": {"nodeSelector": {"kubernetes.io/arch": "arm64"}}},
         {"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"}),
        ("2.38.8", {}, {}),
        ("2.38.8", {"coder": {"nodeSelector": {"pool": "coder"}}}, {"pool": "coder"}),
    ],
)  # fmt: skip
def test_the_jobs_have_the_scheduling_of_coder(
    version: str, chart_values: dict[str, Any], selector: dict[str, str]
) -> None:
    toleration = [{"key": "coder", "operator": "Exists"}]
    key = "services" if version.startswith("1.") else "coder"
    chart_values = {key: chart_values.get(key, {}) | {"tolerations": toleration}}
    engine = deployed(made(chartVersion=version, chartValues=chart_values, zone="a"))
    for name in ("coder-preflight", "coder-aftercheck"):
        pod = engine.named(name).plain["spec"]["template"]["spec"]
        assert pod.get("nodeSelector", {}) == selector
        assert pod["tolerations"] == toleration
        assert pod["affinity"] == {"nodeAffinity": values(made(zone="a"))["coderd"]["affinity"][
            "nodeAffinity"]}  # fmt: skip


@pytest.mark.parametrize("chart_values", [{"services": None}, {"services": {"nodeSelector": None}}])
def test_null_values_are_accepted(chart_values: dict[str, Any]) -> None:
    deployed(made(chartValues=chart_values))


def test_ca_path_is_the_mount_path_of_each_chart() -> None:
    assert known("1.44.3").ca_path("coder-db") == "/etc/ssl/certs/pg/rootcert/ca.crt"
    assert known("2.38.8").ca_path("coder-db") == "/etc/ssl/certs/coder-db.crt"


def test_no_released_classic_version_starts_its_built_in_database() -> None:
    versions = Path("sandbox/charts/classic/versions.txt").read_text().split()
    assert len(versions) == 97
    for version in versions:
        postgres = program_values(version)["postgres"]
        assert postgres["useDefault"] is False
        assert postgres["default"] == {"enable": False}
