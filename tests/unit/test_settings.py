"""Whatever is wrong with a stack's settings is said in one error, a line for each thing."""

import re
from typing import Any

import pytest

from components.clouds import CLOUDS
from tests.conftest import ROOT
from tests.unit.pretend import deploy, refused
from tests.unit.stacks import GIVEN, MADE, SCHEMA, Stack, given, made

HOST_RULE = "must be a host name or an IP address, without scheme, port or path"
DATABASE_RULE = (
    "must be at most 57 of a-z, 0-9 and _ and not begin with a digit or pg_: the roles are named "
    "after it"
)
VERSION_RULE = "must be 1.21.0 to 1.44.3 (classic) or 2.0.0 and later (v2), as x.y.z"
EXISTING_KEYS = (
    "adminPassword, adminUsername, database, flavour, host, maxConnections, password, port, "
    "searchPath, sslMode, username"
)


def existing(**changes: Any) -> Stack:
    """A stack whose roles are made, with changes to the setting `existing`."""
    return made(existing=MADE | changes)


def without(server: Stack, *keys: str) -> Stack:
    return {key: value for key, value in server.items() if key not in keys}


WRONG: list[tuple[Stack, str]] = [
    (made(cloud="ibm"), f'cloud: is "ibm", must be one of: {", ".join(CLOUDS)}'),
    # keys of objects
    (made(sizes="small"), "sizes: no such setting, did you mean size? type "
     "`pulumi config rm sizes`"),
    (made(xyz="red"), "xyz: no such setting; type `pulumi config rm xyz`"),
    (made(cluster={"name": "x"}), "cluster.name: no such key; cluster takes: "
     "certificateAuthority, endpoint, zone"),
    (existing(hostname="x"), f"existing.hostname: no such key; existing takes: {EXISTING_KEYS}"),
    (existing(port="5432"), "existing.port: is '5432', must be a whole number"),
    (existing(port=True), "existing.port: is True, must be a whole number"),
    (existing(host=7), "existing.host: is 7, must be a string; type `pulumi config set --path "
     "'existing.host' --type string 7`"),
    (made(existing=without(MADE, "host")),
     "existing.host: missing; type `pulumi config set --path existing.host …`"),
    (made(network={"vpc": "x"}), "network: not supported by cloud existing; remove it"),
    (made(server={"kmsKey": "x"}), "server: not supported by cloud existing; remove it"),
    (made(restoreFrom={"snapshot": "x"}),
     "restoreFrom: not supported by cloud existing; remove it"),
    # the login
    (made(existing=without(MADE, "adminUsername", "adminPassword")),
     "existing.username: missing; type `pulumi config set --path existing.username …`, or give "
     "existing.adminUsername and existing.adminPassword to have a role made"),
    (made(existing=MADE | {"username": "bob"}),
     "existing.username: is given beside existing.adminUsername; give the admin login to have a "
     "role made, or a login to use as it is, not both"),
    (made(existing=without(MADE, "adminPassword")),
     "existing.adminPassword: missing; type `pulumi config set --secret --path "
     "existing.adminPassword`"),
    (given(existing=GIVEN | {"adminPassword": "x"}),
     "existing.adminUsername: missing, yet existing.adminPassword is given; type `pulumi config "
     "set --path existing.adminUsername …`, or remove the password"),
    (existing(password="x"),
     "existing.password: is given without existing.username; type `pulumi config set --path "
     "existing.username …`, or remove the password"),
    (existing(adminPassword="canary\n"),
     "existing.adminPassword: begins or ends with white space; type `pulumi config set "
     "--secret --path existing.adminPassword`"),
    (existing(adminPassword=123456), "existing.adminPassword: is not a string"),
    # the server
    (existing(host="https://db"), f'existing.host: is "https://db", {HOST_RULE}'),
    (existing(host="db:5432"), f'existing.host: is "db:5432", {HOST_RULE}'),
    (existing(host="db/coder"), f'existing.host: is "db/coder", {HOST_RULE}'),
    (existing(host="10.0.0.256"), f'existing.host: is "10.0.0.256", {HOST_RULE}'),
    (existing(host=""), f'existing.host: is "", {HOST_RULE}'),
    (existing(host="a" * 64), f'existing.host: is "{"a" * 64}", {HOST_RULE}'),
    (existing(host="a" * 60 + "_"), f'existing.host: is "{"a" * 60}_", {HOST_RULE}'),
    (existing(port=0), "existing.port: is 0, must be 1 to 65535"),
    (existing(port=65536), "existing.port: is 65536, must be 1 to 65535"),
    (existing(sslMode="disable"),
     'existing.sslMode: is "disable", must be one of require, verify-ca, verify-full'),
    (existing(sslMode="prefer"),
     'existing.sslMode: is "prefer", must be one of require, verify-ca, verify-full'),
    (existing(sslMode="verify-ca"),
     "caCertificate: missing; verify-ca needs the server's CA, because the system's roots would "
     "accept any server's certificate; set it to the CA's path, or set existing.sslMode to "
     "verify-full"),
    (existing(flavour="v3"), 'existing.flavour: is "v3", must be classic or v2'),
    (existing(database="Coder"), f'existing.database: is "Coder", {DATABASE_RULE}'),
    (existing(database="9coder"), f'existing.database: is "9coder", {DATABASE_RULE}'),
    (existing(database="pg_coder"), f'existing.database: is "pg_coder", {DATABASE_RULE}'),
    (existing(database="c" * 58), f'existing.database: is "{"c" * 58}", {DATABASE_RULE}'),
    (existing(database="admin"),
     'existing.database: is "admin", which is the name of a role or database that exists '
     "already; the owner role is named after it: choose another name"),
    (existing(database="postgres"),
     'existing.database: is "postgres", which is the name of a role or database that exists '
     "already; the owner role is named after it: choose another name"),
    (existing(searchPath="coder, public"),
     'existing.searchPath: is "coder, public", must be names of schemas, of a-z, 0-9 and _, with '
     "commas and no spaces between them, the schema of Coder's tables first"),
    (existing(searchPath="coder") | {"chartVersion": "1.36.2"},
     "existing.searchPath: is set, and chart 1.36.2 has no value for it; set chartVersion to "
     "1.37.0 or later"),
    (existing(database="coder_blue"),
     'existing.database: is "coder_blue", which is also the name of a login of database "coder"; '
     "the owner role is named after the database: choose a name that does not end with _blue"),
    (existing(database="x_green"),
     'existing.database: is "x_green", which is also the name of a login of database "x"; the '
     "owner role is named after the database: choose a name that does not end with _green"),
    (existing(adminUsername="coder_green"),
     'existing.adminUsername: is "coder_green", which is the name of the login that Coder uses on '
     'database "coder"; choose another existing.database, or give another admin login'),
    (existing(maxConnections=-1),
     "existing.maxConnections: is -1, must be 1 to 262143, or 0 to leave it to the preflight"),
    # the budget: (1 replica + 1 of the rolling update) x 30 + 10 kept free, 3 are PostgreSQL's own
    (existing(maxConnections=72),
     "replicas: 1 of chart 1.44.3 need 70 connections during a rolling update, the server allows "
     "69; set fewer replicas, a smaller poolSize or a larger server"),
    (made(replicas=4, existing=MADE | {"maxConnections": 162}),
     "replicas: 4 of chart 1.44.3 need 160 connections during a rolling update, the server allows "
     "159; set fewer replicas, a smaller poolSize or a larger server"),
    # numbers and words
    (made(replicas=0), "replicas: is 0, must be 1 to 10"),
    (made(replicas=11), "replicas: is 11, must be 1 to 10"),
    (made(latencyLimitMs=0), "latencyLimitMs: is 0, must be 1 to 1000 (Coder: 10)"),
    (made(latencyLimitMs=1001), "latencyLimitMs: is 1001, must be 1 to 1000 (Coder: 10)"),
    (made(latencyGate="no"), 'latencyGate: is "no", must be one of: enforce, warn, off'),
    (made(labels={"cost-center": 12345}),
     "labels.cost-center: is 12345, must be a string; type `pulumi config set --path "
     "'labels.cost-center' --type string 12345`"),
    (made(labels={"a.b/c": True}),
     "labels.a.b/c: is True, must be a string; type `pulumi config set --path "
     "'labels[\"a.b/c\"]' --type string true`"),
    (made(labels={"team": ["x"]}), "labels.team: is ['x'], must be a string"),
    (made(namespace="Coder"),
     'namespace: is "Coder", must be at most 54 of a-z, 0-9 and -, and begin and end with a '
     "letter or digit"),
    (made(namespace="c" * 55),
     f'namespace: is "{"c" * 55}", must be at most 54 of a-z, 0-9 and -, and begin and end with '
     "a letter or digit"),
    (made(toolsImage="not an image"),
     'toolsImage: is "not an image", must be an image such as '
     "docker.io/library/postgres:17.6-alpine"),
    (made(accessUrl="coder.example.com", chartVersion="2.38.8"),
     'accessUrl: is "coder.example.com", must be a URL that begins with https:// or http://'),
    (made(chartRepository="helm.example.com"),
     'chartRepository: is "helm.example.com", must be a URL that begins with https://, http:// or '
     "oci://"),
    (made(chartRepository="https://bob:canary@helm.example.com"),
     "chartRepository: contains a login; remove it, and set chartRepositoryUsername and "
     "chartRepositoryPassword"),
    (made(chartRepositoryUsername="bob"),
     "chartRepositoryPassword: missing, yet chartRepositoryUsername is given; type `pulumi config "
     "set --secret chartRepositoryPassword`, or remove the user name"),
    (made(chartRepositoryCaCertificate="/no/such/file"),
     "chartRepositoryCaCertificate: /no/such/file can't be read: No such file or directory"),
    (made(poolSize=1), "poolSize: is 1, must be 2 to 1000, or 0 for what Coder uses itself"),
    (made(poolSize=1001), "poolSize: is 1001, must be 2 to 1000, or 0 for what Coder uses itself"),
    (made(poolSize=50, existing=MADE | {"maxConnections": 112}),
     "replicas: 1 of chart 1.44.3 need 110 connections during a rolling update, the server allows "
     "109; set fewer replicas, a smaller poolSize or a larger server"),
    (made(poolSize=20, chartVersion="1.29.0"),
     "poolSize: is 20, and chart 1.29.0 has no value for it; set chartVersion to 1.29.1 or later, "
     "or poolSize to 0"),
    # the password's generation
    (made(passwordGeneration=0), "passwordGeneration: is 0, must be 1 or more"),
    (given(passwordGeneration=2),
     "passwordGeneration: is 2, but existing.username is used as it is and its password does "
     "not rotate; set it to 1, or set an admin login"),
    # PostgreSQL's version
    (made(postgresVersion="17.2"),
     'postgresVersion: is "17.2", must be a major version such as "17"'),
    (made(postgresVersion="10"),
     "postgresVersion: is 10, chart 1.44.3 needs 11 or later"),
    (made(postgresVersion="12", chartVersion="2.0.0"),
     "postgresVersion: is 12, chart 2.0.0 needs 13 or later"),
    # the chart's version
    *[
        (made(chartVersion=version), f'chartVersion: is "{version}", {VERSION_RULE}')
        for version in ("latest", "", "1.44", "1.18.9", "1.19.0", "1.20.0", "1.44.4", "1.45.0",
                        "3.0.0", "0.27.1", "2.0.0-rc.1")
    ],
    (made(chartVersion="1.25.0"),
     "chartVersion: 1.25.0 has no value for a CA certificate, so Coder can't verify the server "
     "(verify-full); set it to 1.26.0 or later, or with cloud: existing set existing.sslMode to "
     "require"),
    (given(chartVersion="1.26.1", existing=without(GIVEN, "password")),
     "existing.password: missing, and chart 1.26.1 requires one; set it, or set chartVersion to "
     "1.27.0 or later"),
    # the zone
    (made(zone="us-east-1a", cluster={"endpoint": "https://api.example.com", "zone": "us-east-1b"}),
     'zone: is "us-east-1a", but cluster.zone is "us-east-1b"; the database and Coder belong in '
     "one zone: set both to the same, or remove one"),
]  # fmt: skip


@pytest.mark.parametrize(("stack", "line"), WRONG, ids=[line[:60] for _, line in WRONG])
def test_each_wrong_setting_has_its_one_line(stack: Stack, line: str) -> None:
    assert refused(stack) == [line]


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = made(
        existing=MADE | {"host": "a b", "port": 0, "sslMode": "no"},
        cluster={"endpoint": "https://elsewhere.example.com"},
        replicas=0,
        latencyLimitMs=0,
        passwordGeneration=0,
        latencyGate="no",
        namespace="",
        chartValues={"postgres": {"host": "x"}, "nonsense": 1},
    )
    assert _keys(refused(wrong)) == {
        "existing.host",
        "existing.port",
        "existing.sslMode",
        "cluster.endpoint",
        "replicas",
        "latencyLimitMs",
        "passwordGeneration",
        "latencyGate",
        "namespace",
        "chartValues.postgres.host",
        "chartValues.nonsense",
    }


def test_a_wrong_cloud_hides_nothing_else() -> None:
    wrong = made(cloud="ibm", replicas=0, postgresVersion="x", chartValues={"nonsense": 1})
    assert _keys(refused(wrong)) == {"cloud", "replicas", "postgresVersion", "chartValues.nonsense"}


def test_a_wrong_object_hides_nothing_else() -> None:
    wrong = made(
        existing=MADE | {"hots": "x"},
        cluster={"nmae": "x"},
        replicas=0,
        postgresVersion="x",
        chartValues={"nonsense": 1},
    )
    assert _keys(refused(wrong)) == {
        "existing.hots",
        "cluster.nmae",
        "replicas",
        "postgresVersion",
        "chartValues.nonsense",
    }


@pytest.mark.parametrize(
    ("server", "key"), [(MADE, "adminPassword"), (GIVEN, "password")], ids=["admin", "given"]
)
def test_a_password_in_the_clear_is_refused(server: Stack, key: str) -> None:
    lines = refused(made(existing=server), secrets=())
    assert lines == [
        f"existing.{key}: is not encrypted; type `pulumi config set --secret --path existing.{key}`"
    ]
    assert server[key] not in "".join(lines)


def test_no_error_repeats_a_password() -> None:
    wrong = made(existing={"adminPassword": 31337, "password": ["canary"], "host": 7})
    assert not re.search(r"31337|canary", "".join(refused(wrong)))


def test_a_stack_s_settings_never_print_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    import settings

    seen: list[settings.Stack] = []
    load = settings.load
    monkeypatch.setattr(settings, "load", lambda: seen.append(load()) or seen[0])
    for stack in (made(), given()):
        deploy(stack)
        password = stack["existing"].get("password") or stack["existing"]["adminPassword"]
        assert password not in repr(seen.pop())


@pytest.mark.parametrize("cloud", ["existing"])
def test_every_setting_of_the_schema_is_read_and_no_other(
    cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pulumi

    read: set[str] = set()
    for name in ("require", "require_int", "require_bool", "require_object"):
        original = getattr(pulumi.Config, name)

        def recording(self: pulumi.Config, key: str, original: Any = original) -> Any:
            read.add(key)
            return original(self, key)

        monkeypatch.setattr(pulumi.Config, name, recording)
    for name in ("get", "get_int", "get_bool", "get_object", "get_secret", "require_secret"):
        monkeypatch.setattr(pulumi.Config, name, None)
    deploy(made(cloud=cloud))
    assert read == set(SCHEMA)


def test_every_setting_says_what_it_means_and_has_a_default_unless_it_is_required() -> None:
    assert {key for key, field in SCHEMA.items() if "default" not in field} == {"cloud", "cluster"}
    assert all(field["description"] and field["type"] for field in SCHEMA.values())


def test_only_settings_py_reads_the_config() -> None:
    sources = [ROOT / "__main__.py", *(ROOT / "components").rglob("*.py")]
    readers = [path.name for path in sources if re.search(r"\bConfig\b", path.read_text())]
    assert not readers, "a component is told what to make; settings.py reads the config"


def _keys(lines: list[str]) -> set[str]:
    keys = [line.split(":")[0] for line in lines]
    assert len(keys) == len(set(keys)), f"a key has two lines: {lines}"
    return set(keys)
