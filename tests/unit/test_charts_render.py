"""The stand-in charts render the values of every version as the published charts do."""

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.cluster import chart_repository
from tests.unit.charts import Render, render

FACTS = Path(__file__).parent.parent / "data" / "classic_switches.tsv"
"""Measured on the published charts. For each range of versions and each way to turn the built-in
database off: Helm's exit code, and the containers that use the external and the built-in one."""
EXTERNAL = {"host": "db.example.com", "port": "5432", "user": "coder", "database": "coder"}
SWITCHES: dict[str, dict[str, Any]] = {
    "useDefault": {"useDefault": False},
    "default.enable": {"default": {"enable": False}},
    "both": {"useDefault": False, "default": {"enable": False}},
    "contradiction": {"useDefault": True, "default": {"enable": False}},
}
Chart = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def chart(charts_folder: Path) -> Chart:
    """The path of a packaged chart, by flavour and version."""
    return lambda flavour, version: charts_folder / flavour / f"coder-{version}.tgz"


def facts() -> list[dict[str, str]]:
    with FACTS.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def classic(chart: Chart, version: str, **values: Any) -> Render:
    """The classic chart with an external database, by values that suit every version."""
    postgres = {**EXTERNAL, **SWITCHES["both"], "passwordSecret": "coder-db"}
    postgres |= values.pop("postgres", {})
    return render(chart("classic", version), {"postgres": postgres, **values})


def v2(chart: Chart, version: str, **values: Any) -> Render:
    return render(chart("v2", version), values)


def test_the_measured_data_covers_every_served_classic_version() -> None:
    served = chart_repository.versions("classic")
    for switch in SWITCHES:
        rows = [fact for fact in facts() if fact["switch"] == switch]
        spans = [(served.index(row["first"]), served.index(row["last"])) for row in rows]
        covered = [index for first, last in spans for index in range(first, last + 1)]
        assert covered == list(range(97)), f"{switch}: a version has no row, or two"


def test_each_switch_has_the_measured_effect_in_the_first_and_last_version_of_each_row(
    chart: Chart,
) -> None:
    cases = [(fact, fact[end]) for fact in facts() for end in ("first", "last")]

    def seen(case: tuple[dict[str, str], str]) -> dict[str, str]:
        fact, version = case
        postgres = {**EXTERNAL, "passwordSecret": "coder-db", **SWITCHES[fact["switch"]]}
        result = render(chart("classic", version), {"postgres": postgres})
        hosts = [e["DB_HOST"] for e in result.environments()] if result.objects else []
        return {
            **fact,
            "rc": str(result.code),
            "external": str(hosts.count(EXTERNAL["host"])),
            "builtin": str(hosts.count("timescale.coder.svc.cluster.local")),
            "statefulset": str(result.count("StatefulSet")),
        }

    with ThreadPoolExecutor() as pool:
        results = list(pool.map(seen, cases))
    assert results == [fact for fact, _ in cases]


def test_use_default_true_fails_with_the_published_error(chart: Chart) -> None:
    result = classic(chart, "1.28.0", postgres={"useDefault": True})
    assert result.error.splitlines()[0] == (
        "Error: execution error at (coder/templates/legacy.tpl:38:4): The 'postgres.useDefault' "
        "setting was deprecated in 1.21 and removed in 1.27; use 'postgres.default.enable' instead"
    )


EXTRA = {"extraEnvs": [{"name": "CODER_MAX_DB_CONNECTIONS", "value": "20"}]}
ADMIN = {"superAdmin": {"passwordSecret": {"name": "admin"}}}
CA = {"ssl": {"rootCertSecret": {"name": "coder-db", "key": "ca.crt"}}}


@pytest.mark.parametrize(
    ("values", "variable", "unknown_to", "known_to"),
    [
        ({"coderd": ADMIN}, "SUPER_ADMIN_PASSWORD", ["1.21.7"], ["1.22.0"]),
        ({"postgres": CA}, "DB_ROOT_CERT", ["1.25.0"], ["1.26.0"]),
        ({}, "DB_CONNECTOR", ["1.26.1"], ["1.27.0"]),
        ({"coderd": EXTRA}, "CODER_MAX_DB_CONNECTIONS", ["1.29.0"], ["1.29.1"]),
        (
            {"postgres": {"noPasswordEnv": True}},
            "DB_PASSWORD_PATH",
            ["1.34.3", "1.35.1", "1.35.2"],
            ["1.35.0", "1.35.3", "1.44.3"],
        ),
        ({"postgres": {"searchPath": "coder"}}, "DB_SEARCH_PATH", ["1.36.2"], ["1.37.0"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_is_ignored_before_its_first_version(
    chart: Chart, values: dict[str, Any], variable: str, unknown_to: list[str], known_to: list[str]
) -> None:
    for version in unknown_to:
        result = classic(chart, version, **values)
        assert result.code == 0, f"{version} reports an error: {result.error}"
        assert variable not in result.environment(), f"{version} has it already"
    for version in known_to:
        assert variable in classic(chart, version, **values).environment(), version


def test_the_migrations_use_the_same_database_as_the_server(chart: Chart) -> None:
    values = {"postgres": {**CA, "sslMode": "verify-full"}, "coderd": EXTRA}
    migrations, server = classic(chart, "1.44.3", **values).environments()
    database = {name for name in server if name.startswith(("DB_", "CODER_MAX"))}
    assert {name: migrations[name] for name in database} == {
        name: server[name] for name in database
    }
    assert server["DB_ROOT_CERT"] == "/etc/ssl/certs/pg/rootcert/ca.crt"
    assert server["DB_PASSWORD"] == {"secretKeyRef": {"name": "coder-db", "key": "password"}}


def test_the_password_file_is_in_the_directory_of_its_secret(chart: Chart) -> None:
    result = classic(chart, "1.44.3", postgres={"noPasswordEnv": True})
    mounts = {
        mount["name"]: mount["mountPath"] for mount in result.pod()["containers"][0]["volumeMounts"]
    }
    assert mounts["coder-db"] == "/run/secrets/coder-db"
    assert result.environment()["DB_PASSWORD_PATH"] == "/run/secrets/coder-db/password"
    assert "DB_PASSWORD" not in result.environment()


def test_an_empty_password_secret_is_a_reference_without_a_name_up_to_1_26(chart: Chart) -> None:
    old = classic(chart, "1.26.1", postgres={"passwordSecret": ""}).environment()
    assert old["DB_PASSWORD"]["secretKeyRef"]["name"] == ""
    new = classic(chart, "1.27.0", postgres={"passwordSecret": ""}).environment()
    assert "DB_PASSWORD" not in new


def test_charts_before_1_21_ignore_service_spec(chart: Chart) -> None:
    values = {"coderd": {"serviceSpec": {"type": "NodePort", "externalTrafficPolicy": ""}}}
    types = {
        version: classic(chart, version, **values).get("Service", "coderd")["spec"]["type"]
        for version in ("1.20.0", "1.21.0")
    }
    assert types == {"1.20.0": "ClusterIP", "1.21.0": "NodePort"}


def test_charts_before_1_21_use_removed_api_versions(chart: Chart) -> None:
    for version, removed in (("1.20.0", True), ("1.21.0", False)):
        versions = {o["apiVersion"] for o in classic(chart, version).objects}
        gone = {"extensions/v1beta1", "rbac.authorization.k8s.io/v1beta1"}
        assert gone.issubset(versions) is removed, version


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        ("1.21.7", None),
        ("1.26.1", "1.18.0"),
        ("1.27.2", "1.19.0"),
        ("1.28.0", "1.20.0"),
        ("1.44.3", "1.18.0"),
    ],
)
def test_a_chart_requires_its_kubernetes_version(
    chart: Chart, version: str, refused: str | None
) -> None:
    assert classic(chart, version).code == 0
    old = render(chart("classic", version), {}, kubernetes=refused or "1.16.0")
    assert (old.code != 0) is (refused is not None), old.error


def test_v2_accepts_classic_values_and_then_has_no_database(chart: Chart) -> None:
    for version in chart_repository.versions("v2"):
        result = v2(chart, version, postgres={**EXTERNAL, "passwordSecret": "coder-db"})
        assert result.code == 0, result.error
        names = set(result.environment())
        assert not {n for n in names if n.startswith(("DB_", "CODER_PG"))}, version


def test_v2_passes_its_environment_variables_to_the_pod(chart: Chart) -> None:
    url = {"secretKeyRef": {"name": "coder-db", "key": "url"}}
    given = [
        {"name": "CODER_PG_CONNECTION_URL", "valueFrom": url},
        {"name": "CODER_ACCESS_URL", "value": "https://coder.example.com"},
    ]
    assert (
        v2(chart, "2.38.8").environment()["CODER_ACCESS_URL"]
        == "http://coder.coder.svc.cluster.local"
    )
    environment = v2(chart, "2.38.8", coder={"env": given}).environment()
    assert environment["CODER_PG_CONNECTION_URL"] == url
    assert environment["CODER_ACCESS_URL"] == "https://coder.example.com"


def test_v2_mounts_a_ca_under_the_name_of_its_secret(chart: Chart) -> None:
    certs = {"secrets": [{"name": "coder-db", "key": "ca.crt"}]}
    (mount,) = v2(chart, "2.38.8", coder={"certs": certs}).pod()["containers"][0]["volumeMounts"]
    assert (mount["mountPath"], mount["subPath"]) == ("/etc/ssl/certs/coder-db.crt", "ca.crt")


def test_v2_has_a_liveness_probe_before_2_30(chart: Chart) -> None:
    for version, probed in (("2.29.19", True), ("2.30.0", False)):
        container = v2(chart, version).pod()["containers"][0]
        assert ("livenessProbe" in container) is probed, version


def test_object_names_do_not_depend_on_the_release_name(
    chart: Chart,
) -> None:
    names = {(o["kind"], o["metadata"]["name"]) for o in classic(chart, "1.44.3").objects}
    assert names == {
        ("Deployment", "coderd"),
        ("NetworkPolicy", "coderd"),
        ("NetworkPolicy", "ingress-deny-all"),
        ("Role", "coder"),
        ("RoleBinding", "coder"),
        ("Service", "coderd"),
        ("ServiceAccount", "coder"),
        ("ServiceAccount", "environments"),
    }
    names = {(o["kind"], o["metadata"]["name"]) for o in v2(chart, "2.38.8").objects}
    assert names == {
        ("Deployment", "coder"),
        ("Role", "coder-workspace-perms"),
        ("RoleBinding", "coder"),
        ("Service", "coder"),
        ("ServiceAccount", "coder"),
    }
