"""Every version of both charts is configured with the external database."""

import dataclasses
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import pytest
import yaml

from components.charts import V2 as V2Chart
from components.charts import Chart, ChartOptions, Classic, chart
from components.charts.fetch import fetch
from components.charts.repository import ChartRepository
from components.connection import UNKNOWN_TRAITS, Login, PostgresConnection
from tests.unit.aws import Aws
from tests.unit.pretend import RELEASE, deployed, refused
from tests.unit.stacks import (
    ADMIN_PASSWORD,
    DEFAULTS,
    GIVEN,
    HOST,
    MADE,
    PASSWORD,
    Stack,
    given,
    made,
)

CLASSIC = ["1.21.0", "1.26.0", "1.27.0", "1.29.0", "1.29.1", "1.35.0", "1.35.1", "1.35.3",
           "1.44.3"]  # fmt: skip
V2 = ["2.0.0", "2.38.8"]
UNUSED_OUTPUT = mock.create_autospec(pulumi.Output)


def values(stack: Stack) -> dict[str, Any]:
    [release] = deployed(stack).all(RELEASE)
    return release.plain["values"]


def at(version: str, **changes: Any) -> Stack:
    """A stack with that chart, and settings that every version supports."""
    exposure = "none" if version == "1.21.0" else "internal"
    existing = MADE | {"sslMode": "require"}
    return made(chartVersion=version, existing=existing, exposure=exposure, **changes)


PUBLISHED = {each.flavour: each.default_repository for each in (Classic, V2Chart)}


def known(version: str, pool_size: int = 0) -> Chart:
    """The chart of that version, with its own values."""
    found = chart(version, pool_size)
    assert found, f"no chart has version {version}"
    archive = fetch(ChartRepository(url=found.default_repository), found)
    return dataclasses.replace(found, defaults=archive.values)


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
    assert program_values(version)["postgres"]["default"] == {"enable": False}


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
    [("1.27.0", False), ("1.34.3", False), ("1.35.0", True), ("1.35.1", False), ("1.35.2", False),
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


@pytest.mark.parametrize("version", ["1.21.0", "1.44.3", "2.38.8"])
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
        ("1.21.0", "classic", "https://helm.coder.com", "coderd"),
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
    assert PUBLISHED[flavour] == repository
    assert release["repositoryOpts"] == {"repo": known(version).default_repository}
    assert engine.exports["chart"] == flavour
    assert known(version).service == service


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
    ("2.38.8", {"coder": {"env": [{"name": "OTHER", "value": "1"},
                                  {"name": "CODER_PG_CONNECTION_URL", "value": "x"}]}},
     "coder.env[CODER_PG_CONNECTION_URL]"),
]  # fmt: skip


@pytest.mark.parametrize(("version", "chart_values", "key"), OWNED, ids=[k for *_, k in OWNED])
def test_values_that_the_program_sets_are_refused(
    version: str, chart_values: dict[str, Any], key: str
) -> None:
    assert refused(made(chartVersion=version, chartValues=chart_values)) == [
        f"chartValues.{key}: the program sets this key; remove it"
    ]


INSTEAD = [
    ("1.44.3", {"coderd": {"replicas": 3}}, "coderd.replicas", "replicas"),
    ("1.44.3", {"coderd": {"extraEnvs": [{"name": "CODER_MAX_DB_CONNECTIONS", "value": "1"}]}},
     "coderd.extraEnvs[CODER_MAX_DB_CONNECTIONS]", "poolSize"),
    ("2.38.8", {"coder": {"replicaCount": 3}}, "coder.replicaCount", "replicas"),
    ("2.38.8", {"coder": {"env": [{"name": "CODER_PG_CONN_MAX_OPEN", "value": "1"}]}},
     "coder.env[CODER_PG_CONN_MAX_OPEN]", "poolSize"),
    ("2.38.8", {"coder": {"env": [{"name": "CODER_ACCESS_URL", "value": "https://b"}]}},
     "coder.env[CODER_ACCESS_URL]", "accessUrl"),
]  # fmt: skip


@pytest.mark.parametrize(("version", "chart_values", "key", "setting"), INSTEAD)
def test_a_value_that_has_a_setting_is_refused_with_that_setting(
    version: str, chart_values: dict[str, Any], key: str, setting: str
) -> None:
    url = "https://coder.example.com" if version.startswith("2.") else ""
    assert refused(made(chartVersion=version, accessUrl=url, chartValues=chart_values)) == [
        f"chartValues.{key}: the program sets this key; set {setting} instead"
    ]


UNKNOWN = [
    ("1.28.0", {"coderd": {"extraEnvs": []}}, "coderd.extraEnvs"),
    ("1.36.0", {"postgres": {"searchPath": "x"}}, "postgres.searchPath"),
    ("1.25.0", {"postgres": {"ssl": {"certSecret": {"name": "x"}}}}, "postgres.ssl"),
    ("1.26.1", {"postgres": {"connector": "awsiamrds"}}, "postgres.connector"),
    ("1.35.1", {"postgres": {"noPasswordEnv": True}}, "postgres.noPasswordEnv"),
    ("1.33.0", {"coderd": {"imagePullSecret": "x"}}, "coderd.imagePullSecret"),
    ("1.44.3", {"postgres": {"useDefault": True}}, "postgres.useDefault"),
    ("2.29.19", {"coder": {"livenessProbe": {}}}, "coder.livenessProbe"),
    ("2.34.10", {"coder": {"strategy": {}}}, "coder.strategy"),
    ("1.44.3", {"postgres": {"bogus": 1}}, "postgres.bogus"),
    ("1.44.3", {"coderd": {"tls": {"bogus": 1}}}, "coderd.tls.bogus"),
    ("1.44.3", {"coder": {"env": []}}, "coder"),
    ("2.38.8", {"postgres": {"host": "x"}}, "postgres"),
    ("2.38.8", {"coderd": {}}, "coderd"),
]


@pytest.mark.parametrize(
    ("version", "chart_values", "key"), UNKNOWN, ids=[f"{v}-{k}" for v, _, k in UNKNOWN]
)
def test_values_that_the_chart_would_ignore_are_refused(
    version: str, chart_values: dict[str, Any], key: str
) -> None:
    assert refused(at(version, chartValues=chart_values)) == [
        f"chartValues.{key}: the chart has no such key (chart {version})"
    ]


FREE = [
    ("2.38.8", {"coder": {"securityContext": {"capabilities": {"drop": ["ALL"]}}}}),
    ("2.38.8", {"coder": {"nodeSelector": {"pool": "coder"}, "annotations": {"a.b/c": "d"}}}),
    ("2.38.8", {"coder": {"resources": {"limits": {"memory": "8Gi"}}}, "extraTemplates": ["x"]}),
    ("2.38.8", {"coder": {"strategy": {"type": "Recreate"}}}),
    ("1.44.3", {"coderd": {"serviceSpec": {"loadBalancerClass": "x"}}}),
    ("1.44.3", {"services": {"nodeSelector": {"pool": "coder"}}}),
    ("1.44.3", {"coderd": {"oidc": {"redirectOptions": {"login_hint": "x"}}}}),
]


@pytest.mark.parametrize(("version", "chart_values"), FREE)
def test_objects_that_are_handed_on_take_any_key(
    version: str, chart_values: dict[str, Any]
) -> None:
    deployed(made(chartVersion=version, chartValues=chart_values))


SHAPES = [
    ("1.44.3", {"coderd": "text"}, 'coderd: is "text", must be an object'),
    ("1.44.3", {"services": "text"}, 'services: is "text", must be an object'),
    ("2.38.8", {"coder": [1]}, "coder: is a list, must be an object"),
    ("1.44.3", {"coderd": {"extraEnvs": "x"}}, 'coderd.extraEnvs: is "x", must be a list'),
    ("2.38.8", {"coder": {"env": {"A": "b"}}}, "coder.env: is an object, must be a list"),
    ("2.38.8", {"coder": {"podAnnotations": True}}, "coder.podAnnotations: is true, must be an "
     "object"),
    ("2.38.8", {"coder": {"image": {"tag": {"a": 1}}}},
     "coder.image.tag: is an object, must be a single value"),
    ("2.38.8", {"coder": {"nodeSelector": "x"}}, 'coder.nodeSelector: is "x", must be an object'),
]  # fmt: skip


@pytest.mark.parametrize(("version", "chart_values", "line"), SHAPES, ids=[s for *_, s in SHAPES])
def test_a_value_of_the_wrong_shape_is_one_line(
    version: str, chart_values: dict[str, Any], line: str
) -> None:
    assert refused(at(version, chartValues=chart_values)) == [
        f"chartValues.{line} (chart {version})"
    ]


NULLS = [
    ("1.44.3", {"postgres": None}, "postgres"),
    ("1.44.3", {"services": {"nodeSelector": None}}, "services.nodeSelector"),
    ("2.38.8", {"coder": {"securityContext": {"runAsUser": None}}},
     "coder.securityContext.runAsUser"),
    ("2.38.8", {"coder": {"volumes": [{"name": "x", "emptyDir": None}]}},
     "coder.volumes[0].emptyDir"),
]  # fmt: skip


@pytest.mark.parametrize(("version", "chart_values", "key"), NULLS, ids=[k for *_, k in NULLS])
def test_null_is_refused_because_it_would_not_reach_helm(
    version: str, chart_values: dict[str, Any], key: str
) -> None:
    [line] = refused(at(version, chartValues=chart_values))
    assert line.startswith(f"chartValues.{key}: is null, which the Kubernetes provider does not")


ENVIRONMENT = [
    ([{"value": "x"}],
     "[0]: has no name; an entry has a `name`, and a `value` or `valueFrom`"),
    (["A=b"], "[0]: has no name; an entry has a `name`, and a `value` or `valueFrom`"),
    ([{"name": "A", "value": True}],
     "[A].value: is true, must be a string; type `pulumi config set --path "
     "'chartValues.{key}[0].value' --type string true`"),
    ([{"name": "A", "value": "x"}, {"name": "B", "value": 7}],
     "[B].value: is 7, must be a string; type `pulumi config set --path "
     "'chartValues.{key}[1].value' --type string 7`"),
    ([{"name": "A", "value": {"b": 1}}], "[A].value: is an object, must be a string"),
    ([{"name": "A", "value": "x"}, {"name": "A", "value": "y"}],
     "[A]: is there 2 times; remove all but one"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "key"), [("1.44.3", "coderd.extraEnvs"), ("2.38.8", "coder.env")]
)
@pytest.mark.parametrize(("entries", "line"), ENVIRONMENT, ids=[i[:20] for _, i in ENVIRONMENT])
def test_a_wrong_environment_variable_is_one_line(
    version: str, key: str, entries: list[Any], line: str
) -> None:
    section, _, name = key.partition(".")
    stack = made(chartVersion=version, chartValues={section: {name: entries}})
    assert refused(stack) == [f"chartValues.{key}{line.replace('{key}', key)}"]


@pytest.mark.parametrize(("version", "section"), [("1.44.3", "coderd"), ("2.38.8", "coder")])
def test_a_persons_preferences_are_merged_with_that_of_the_zone(version: str, section: str) -> None:
    mine = {"weight": 1, "preference": {"matchExpressions": [{"key": "x", "operator": "Exists"}]}}
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [mine]}}
    stack = made(chartVersion=version, zone="a", chartValues={section: {"affinity": affinity}})
    found = values(stack)[section]["affinity"]["nodeAffinity"]
    [zone, other] = found["preferredDuringSchedulingIgnoredDuringExecution"]
    assert zone["preference"]["matchExpressions"][0]["values"] == ["a"]
    assert other == mine


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("1.28.0", ("services", "annotations")),
        ("1.28.1", ("coderd", "annotations")),
        ("2.38.8", ("coder", "podAnnotations")),
    ],
)
def test_a_changed_login_or_ca_changes_an_annotation_of_the_pods(
    version: str, path: tuple[str, str]
) -> None:
    assert "coder/record" in values(at(version))[path[0]][path[1]]


def test_a_zone_is_refused_where_the_chart_cannot_prefer_it() -> None:
    [line] = refused(at("1.24.0", zone="a"))
    assert line.startswith("zone: chart 1.24.0 has no value that prefers the database's zone; set")


@pytest.mark.parametrize("size", [2, 40, 1000])
@pytest.mark.parametrize("version", ["1.44.3", "2.38.8"])
def test_the_pool_size_is_a_setting(version: str, size: int) -> None:
    found = values(made(chartVersion=version, poolSize=size))
    env = found["coderd"]["extraEnvs"] if version == "1.44.3" else found["coder"]["env"]
    assert str(size) in [each.get("value") for each in env]
    assert known(version, size).connections(1) == 2 * (size if version == "1.44.3" else size + 2)


@pytest.mark.parametrize("version", ["1.44.3", "2.38.8"])
def test_a_value_that_the_program_needs_and_the_chart_lacks_is_one_line(version: str) -> None:
    chosen = known(version)
    section = {**chosen.defaults[chosen.section]}
    key = "replicas" if version == "1.44.3" else "podAnnotations"
    del section[key]
    older = dataclasses.replace(chosen, defaults=chosen.defaults | {chosen.section: section})
    options = ChartOptions(replicas=1, access_url="")
    traits = dataclasses.replace(UNKNOWN_TRAITS, ssl_mode="require", has_password=False)
    assert list(older.problems(traits, options)) == [
        f"chartVersion: {version} has no value {chosen.section}.{key}, which the program sets; set "
        "it to a later version"
    ]


def test_a_ca_value_is_refused_where_the_cloud_supplies_the_ca() -> None:
    secret = {"ssl": {"rootCertSecret": {"name": "mine", "key": "ca.crt"}}}
    lines = Aws().refuses(chartVersion="1.44.3", chartValues={"postgres": secret})
    assert lines == [
        f"chartValues.postgres.ssl.rootCertSecret.{key}: the program sets this key; remove it"
        for key in ("name", "key")
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
        ("2.38.8", {}, {"kubernetes.io/os": "linux"}),
        ("2.38.8", {"coder": {"nodeSelector": {"pool": "coder"}}},
         {"kubernetes.io/os": "linux", "pool": "coder"}),
    ],
)  # fmt: skip
def test_the_jobs_have_the_scheduling_of_coder(
    version: str, chart_values: dict[str, Any], selector: dict[str, str]
) -> None:
    toleration = [{"key": "coder", "operator": "Exists"}]
    key = "services" if version.startswith("1.") else "coder"
    chart_values = {key: chart_values.get(key, {}) | {"tolerations": toleration}}
    engine = deployed(made(chartVersion=version, chartValues=chart_values, zone="a"))
    for name in ("postgres-database-roles", "coder-preflight", "coder-aftercheck"):
        pod = engine.named(name).plain["spec"]["template"]["spec"]
        assert pod.get("nodeSelector", {}) == selector
        assert pod["tolerations"] == toleration
        assert pod["affinity"] == {"nodeAffinity": values(made(zone="a"))["coderd"]["affinity"][
            "nodeAffinity"]}  # fmt: skip


def test_ca_path_is_the_mount_path_of_each_chart() -> None:
    assert known("1.44.3").ca_path("coder-db") == "/etc/ssl/certs/pg/rootcert/ca.crt"
    assert known("2.38.8").ca_path("coder-db") == "/etc/ssl/certs/coder-db.crt"


def test_no_released_classic_version_starts_its_built_in_database() -> None:
    served = Path("sandbox/charts/classic/versions.txt").read_text().split()
    versions = [each for each in served if chart(each)]
    assert len(versions) == 93
    for version in versions:
        assert program_values(version)["postgres"]["default"] == {"enable": False}


def test_every_update_of_a_classic_chart_warns_of_its_end() -> None:
    [line] = [each for each in deployed(made()).said if each.startswith("chartVersion")]
    assert "1.44.3 is a classic chart; Coder has made no security fixes" in line
    assert "since 2024-03-31" in line
    said = deployed(made(chartVersion="2.38.8")).said
    assert not [each for each in said if each.startswith("chartVersion")]


def test_the_samples_to_copy_have_a_chart_that_gets_fixes() -> None:
    for name, flavour in (("aws", "v2"), ("existing", "v2"), ("dev", "classic")):
        config = yaml.safe_load(Path(f"Pulumi.{name}.yaml").read_text())["config"]
        found = chart(config.get("coder:chartVersion", DEFAULTS["chartVersion"]))
        assert found
        assert found.flavour == flavour
