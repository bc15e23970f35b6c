"""The policy pack's rules on single resources and small stacks, and on the sample stacks."""

import base64
import dataclasses
import datetime
import re
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel, StackValidationArgs, StackValidationPolicy

from policy.rules import POLICIES, versions
from policy.rules.passwords import NAMED
from tests.conftest import ROOT
from tests.unit.policies import PASSWORD, RULES, UNKNOWN, Asked, asked_by, judged
from tests.unit.test_stack_files import FILES, deployed_sample

AWS = "aws:rds/instance:Instance"
AZURE = "azure-native:dbforpostgresql:Server"
GCP = "gcp:sql/databaseInstance:DatabaseInstance"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
FIREWALL = "azure-native:dbforpostgresql:FirewallRule"
CONFIGURATION = "azure-native:dbforpostgresql:Configuration"
LOCK = "azure-native:authorization:ManagementLockByScope"
RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET = "kubernetes:core/v1:Secret"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
JOB = "kubernetes:batch/v1:Job"
CANARY = "pl4nted-canary"


def nested(path: str, value: Any) -> dict[str, Any]:
    """An object with one value, at a dotted path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def pod(**env: str) -> dict[str, Any]:
    entries = [{"name": key, "value": value} for key, value in env.items()]
    return nested("spec.template.spec", {"containers": [{"name": "c", "env": entries}]})


IP = "settings.ipConfiguration"
BACKUP = "settings.backupConfiguration"
PASSES: list[tuple[str, str, dict[str, Any]]] = [
    ("no-public-database", AWS, {}),
    ("no-public-database", AZURE, nested("network.delegatedSubnetResourceId", UNKNOWN)),
    ("no-public-database", AZURE, nested("network.publicNetworkAccess", "Disabled")),
    ("no-public-database", AWS, {"engine": "mysql", "publiclyAccessible": True}),
    ("no-public-database", GCP, {"databaseVersion": "MYSQL_8_0"}),
    ("encryption", AZURE, {}),
    ("backups", AWS, {"backupRetentionPeriod": 7, "deleteAutomatedBackups": False}),
    ("encryption", GCP, {}),
    ("encryption", AWS, {"replicateSourceDb": UNKNOWN}),
    ("encryption", AWS, {"snapshotIdentifier": UNKNOWN}),
    ("encryption", AWS, nested("restoreToPointInTime.useLatestRestorableTime", True)),
    ("supported-version", AWS, {"replicateSourceDb": UNKNOWN}),
    ("supported-version", AWS, {"snapshotIdentifier": "coder-final"}),
    ("supported-version", AWS, {"restoreToPointInTime": {"sourceDbInstanceIdentifier": "old"}}),
    ("supported-version", AZURE, {"createMode": "PointInTimeRestore"}),
    ("supported-version", AZURE, {"createMode": "Replica"}),
    ("supported-version", GCP, {"clone": {"sourceInstanceName": UNKNOWN}}),
    ("supported-version", GCP, {"masterInstanceName": UNKNOWN}),
    ("backups", AWS, {"replicateSourceDb": UNKNOWN}),
    ("backups", AZURE, {}),
    ("backups", AZURE, {"createMode": "Replica"} | nested("backup.backupRetentionDays", 1)),
    ("backups", GCP, {"masterInstanceName": "primary"}),
    ("cluster-only", AWS, {"vpcSecurityGroupIds": UNKNOWN}),
    (
        "cluster-only",
        RULE,
        {"ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0", "fromPort": 443, "toPort": 443},
    ),
    ("cluster-only", RULE, {"ipProtocol": "udp", "cidrIpv4": "0.0.0.0/0"}),
    ("cluster-only", RULE, {"ipProtocol": "-1", "referencedSecurityGroupId": "sg-nodes"}),
    ("cluster-only", OLD_RULE, {"type": "egress", "protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}),
    ("cluster-only", GCP, nested(f"{IP}.privateNetwork", UNKNOWN)),
    ("server-requires-tls", AWS, {"engineVersion": "17"}),
    ("server-requires-tls", AWS, {"engineVersion": "14", "parameterGroupName": UNKNOWN}),
    ("server-requires-tls", AWS, {"engineVersion": "14", "parameterGroupName": "ours"}),
    ("server-requires-tls", GCP, nested(f"{IP}.sslMode", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED")),
    ("supported-version", AWS, {"engineVersion": "17.6"}),
    ("supported-version", AZURE, {"version": "18"}),
    ("supported-version", GCP, {"databaseVersion": "POSTGRES_99"}),
    ("no-plain-password", SECRET, {"data": {"password": CANARY}}),
    ("no-plain-password", RELEASE, {"repositoryOpts": {"password": CANARY}}),
    ("no-plain-password", RELEASE, nested("values.postgres.passwordSecret", "coder-db-blue")),
    ("no-plain-password", RELEASE, nested("values.postgres.noPasswordEnv", True)),
    ("no-plain-password", DEPLOYMENT, pod(PGPASSWORD="$(PASSWORD)", PGPASSFILE="/login/pgpass")),
    ("no-plain-password", JOB, nested("spec.command", "psql postgres://a:$PASSWORD@db")),
    ("no-plain-password", JOB, nested("spec.command", "PASSWORD=$(cat /login/password)")),
    ("no-plain-password", RELEASE, nested("values.password", UNKNOWN)),
    ("no-plain-password", RELEASE, nested("values.password", "")),
    ("no-plain-password", AWS, {"password": CANARY}),
    ("pinned-chart", "kubernetes:helm.sh/v3:Other", {}),
    ("pinned-chart", RELEASE, {"chart": "./.charts/0a1b/coder-2.38.8.tgz", "version": "2.38.8"}),
    ("pinned-chart", RELEASE, {"chart": f"oci://r/coder@sha256:{'0' * 64}"}),
    (
        "pinned-chart",
        RELEASE,
        {"chart": "coder", "version": "v1.2.3-rc.1", "repositoryOpts": {"repo": UNKNOWN}},
    ),
]
FAILS: list[tuple[str, str, dict[str, Any], str]] = [
    ("no-public-database", f"{AZURE[:28]}/v20240801:Server", {}, "is not set; set it to Disabled"),
    (
        "no-public-database",
        "azure-native_dbforpostgresql_v20240801:dbforpostgresql:Server",
        {},
        "Disabled",
    ),
    ("no-public-database", AZURE, nested("network.publicNetworkAccess", "Enabled"), "is Enabled"),
    ("no-public-database", AWS, {"publiclyAccessible": UNKNOWN}, "unknown"),
    ("no-public-database", GCP, {}, "ipv4Enabled: is not set; set it to false"),
    ("encryption", AWS, {}, "storageEncrypted: is not set; set it to true"),
    ("backups", AWS, {}, "backupRetentionPeriod: is not set; set it to 7 or more"),
    (
        "cluster-only",
        GROUP,
        {"ingress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["::"]}]},
        "ingress[0].cidrBlocks",
    ),
    (
        "cluster-only",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        {"ingress": [{"protocol": "tcp", "fromPort": 5432, "toPort": 5432, "cidrBlocks": ["::"]}]},
        "ingress[0].cidrBlocks",
    ),
    ("cluster-only", FIREWALL, {}, "a firewall rule of the server"),
    (
        "encryption",
        AWS,
        {"snapshotIdentifier": "coder-final", "storageEncrypted": False},
        "storageEncrypted: is false",
    ),
    (
        "supported-version",
        AWS,
        {"replicateSourceDb": UNKNOWN, "engineVersion": "12"},
        "is 12, without security fixes",
    ),
    ("supported-version", AZURE, {"createMode": "Create"}, "version: is not set"),
    ("supported-version", GCP, {"restoreBackupContext": {"backupRunId": 1}}, "is not set"),
    ("encryption", AWS, {"storageEncrypted": False}, "storageEncrypted: is false; set it to true"),
    ("backups", AZURE, nested("backup.backupRetentionDays", 3.0), "is 3; set it to 7 or more"),
    ("backups", AWS, {"backupRetentionPeriod": 7}, "deleteAutomatedBackups: is not set"),
    ("backups", GCP, nested(f"{BACKUP}.enabled", True), "pointInTimeRecoveryEnabled"),
    ("cluster-only", RULE, {"ipProtocol": "-1", "cidrIpv6": UNKNOWN}, "unknown"),
    (
        "cluster-only",
        RULE,
        {"ipProtocol": "tcp", "prefixListId": "pl-1", "fromPort": 5000, "toPort": 6000},
        "a prefix list",
    ),
    (
        "cluster-only",
        OLD_RULE,
        {"type": "ingress", "protocol": "all", "ipv6CidrBlocks": ["::/0"]},
        "ipv6CidrBlocks",
    ),
    (
        "cluster-only",
        GCP,
        nested(IP, {"privateNetwork": "n", "authorizedNetworks": [{"value": "10.0.0.0/8"}]}),
        "authorizedNetworks",
    ),
    (
        "cluster-only",
        GCP,
        nested(IP, {"privateNetwork": "n", "enablePrivatePathForGoogleCloudServices": True}),
        "is true",
    ),
    (
        "server-requires-tls",
        AWS,
        {"engineVersion": "14.9"},
        "parameterGroupName: rds.force_ssl is 0",
    ),
    (
        "server-requires-tls",
        "aws:rds/parameterGroup:ParameterGroup",
        {"family": "postgres14"},
        "rds.force_ssl is not set",
    ),
    (
        "server-requires-tls",
        CONFIGURATION,
        {"configurationName": "ssl_min_protocol_version", "value": "TLSv1"},
        "TLSv1.2",
    ),
    (
        "server-requires-tls",
        CONFIGURATION,
        {"configurationName": "require_secure_transport", "value": "OFF"},
        "is off; set it to on",
    ),
    (
        "server-requires-tls",
        GCP,
        nested(f"{IP}.sslMode", "ALLOW_UNENCRYPTED_AND_ENCRYPTED"),
        "is ALLOW",
    ),
    ("supported-version", AWS, {}, "engineVersion: is not set"),
    ("supported-version", GCP, {"databaseVersion": "POSTGRES_9_6"}, "is POSTGRES_9_6, without"),
    ("supported-version", AZURE, {"version": "13"}, "since 2025-11-13"),
    (
        "no-plain-password",
        CONFIG_MAP,
        {"data": {"DATABASE_URL": f"postgres://a:{CANARY}@db"}},
        "data.DATABASE_URL",
    ),
    ("no-plain-password", CONFIG_MAP, {"data": {"dsn": f"host=db password={CANARY}"}}, "data.dsn"),
    (
        "no-plain-password",
        CONFIG_MAP,
        {"data": {"tls": "-----BEGIN EC PRIVATE KEY-----"}},
        "data.tls",
    ),
    (
        "no-plain-password",
        SECRET,
        nested("metadata.annotations.password", CANARY),
        "metadata.annotations.password",
    ),
    (
        "no-plain-password",
        RELEASE,
        nested("values.coder.oidc.client-secret", CANARY),
        "values.coder.oidc.client-secret",
    ),
    (
        "no-plain-password",
        DEPLOYMENT,
        pod(OIDC_SECRET=CANARY),
        "spec.template.spec.containers[0].env[0].value",
    ),
    (
        "no-plain-password",
        DEPLOYMENT,
        pod(DJANGO_SECRET_KEY=CANARY),
        "env[0].value",
    ),
    ("pinned-chart", "kubernetes:helm.sh/v3:Chart", {}, "install it as a Release"),
    (
        "pinned-chart",
        "kubernetes:helm.sh/v4:Chart",
        {"version": "1.2.3"},
        "install it as a Release",
    ),
    (
        "pinned-chart",
        RELEASE,
        {"chart": "coder", "repositoryOpts": {"repo": "https://c"}},
        "version: is not set",
    ),
    (
        "pinned-chart",
        RELEASE,
        {"chart": "coder", "version": "2.x", "repositoryOpts": {"repo": "https://c"}},
        "version: is 2.x",
    ),
    (
        "pinned-chart",
        RELEASE,
        {"chart": "stable/coder", "version": "2.0.0"},
        "repositoryOpts.repo: is not set",
    ),
    (
        "pinned-chart",
        RELEASE,
        {"chart": "./coder", "version": "2.0.0", "devel": True},
        "devel: is true",
    ),
]


@pytest.mark.parametrize(("rule", "kind", "inputs"), PASSES)
def test_resource_passes(rule: str, kind: str, inputs: dict[str, Any]) -> None:
    assert judged(rule, Asked(kind, inputs)) == []


@pytest.mark.parametrize(("rule", "kind", "inputs", "said"), FAILS)
def test_resource_fails(rule: str, kind: str, inputs: dict[str, Any], said: str) -> None:
    lines = [line for _, line in judged(rule, Asked(kind, inputs))]
    assert any(said in line for line in lines), lines
    assert CANARY not in str(lines)


def test_configuration_of_a_rule_is_used() -> None:
    days = nested("backup.backupRetentionDays", 10)
    assert judged("backups", Asked(AZURE, days), config={"minimumDays": 10.0}) == []
    assert judged("backups", Asked(AZURE, days), config={"minimumDays": 11.0})
    key = nested("dataEncryption.primaryKeyURI", "https://vault")
    assert judged("encryption", Asked(AZURE, key), config={"customerKey": True}) == []
    assert judged("encryption", Asked(AZURE, {}), config={"customerKey": True})


CLIENTS_OF = [
    (RULE, {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432}, "referencedSecurityGroupId"),
    (OLD_RULE, {"type": "ingress", "protocol": "-1"}, "sourceSecurityGroupId"),
    (AZURE, {}, "network.delegatedSubnetResourceId"),
    (GCP, {}, f"{IP}.privateNetwork"),
    (
        "azure-native:network:PrivateEndpoint",
        {"privateLinkServiceConnections": [{"groupIds": ["postgresqlServer"]}]},
        "subnet.id",
    ),
]


def test_copy_has_the_key_of_its_source_but_in_azure() -> None:
    own = {"customerKey": True}
    for kind, inputs in (
        (AWS, {"replicateSourceDb": UNKNOWN}),
        (AWS, {"snapshotIdentifier": "coder-final"}),
        (GCP, {"masterInstanceName": "primary"}),
        (GCP, {"clone": {"sourceInstanceName": "old"}}),
    ):
        assert judged("encryption", Asked(kind, inputs), config=own) == []
    for kind, inputs in (
        (AWS, {"storageEncrypted": True}),
        (AZURE, {"createMode": "Replica"}),
        (GCP, {"restoreBackupContext": {"backupRunId": 1}}),
    ):
        [(_, line)] = judged("encryption", Asked(kind, inputs), config=own)
        assert "customerKey of this policy asks for one" in line


PLAIN = [
    f"user: coder\npassword: {CANARY}\n",
    f"db:\n  - adminPassword: '{CANARY}'  # of the server\n",
    f'{{"user": "coder", "password":"{CANARY}"}}',
    f'{{"db-password" : "{CANARY} and more"}}',
    f'"{{\\"password\\": \\"{CANARY}\\"}}"',
    f"{{user: coder, password: {CANARY}}}",
    f"host=db password='{CANARY}'",
    f'db.password = "{CANARY}"',
    f"PGPASSWORD={CANARY} psql -h db",
    f"export PGPASSWORD='{CANARY}'; psql",
    f"tool --password={CANARY} --user=coder",
    f"jdbc:postgresql://db/coder?user=coder&password={CANARY}",
    f"user:\n  passphrase: {CANARY}",
]
NO_SECRETS = [
    "PGPASSWORD=$PASSWORD psql",
    'PGPASSWORD="$(cat /login/password)" psql',
    "PGPASSWORD='${PASSWORD}'",
    "PGPASSWORD=`cat /login/password` psql",
    "password=<password>",
    'password: "<password>"',
    "password:\nuser: coder",
    "password=\nuser=coder",
    "password: ''\n",
    '{"password": ""}',
    '{"password": null, "user": "coder"}',
    '{"password": "$PASSWORD"}',
    "password: {{ .Values.password }}",
    "password: |\n",
    "POSTGRES_PASSWORD_FILE=/login/password",
    "password_file: /login/password",
    "passwordSecret: coder-db-blue",
    "password_encryption=scram-sha-256",
    "passwd: files systemd",
    "passwd: files",
    "connect(user=user, password=password, host=host)",
    'password = os.environ["PGPASSWORD"]',
    "def login(user: str, password: str) -> None:",
    "if password == typed: pass",
    "password={password}",
    "The password: it is in the Secret.",
    "login with a user, password: whoever has them, may enter",
]


@pytest.mark.parametrize("text", PLAIN)
def test_password_in_a_text_is_found(text: str) -> None:
    for kind, inputs in (
        (CONFIG_MAP, {"data": {"file": text}}),
        (JOB, nested("spec.args", [text])),
    ):
        [(_, line)] = judged("no-plain-password", Asked(kind, inputs))
        assert "holds a secret in plain text" in line
        assert CANARY not in line


@pytest.mark.parametrize("text", NO_SECRETS)
def test_text_that_only_names_a_password_passes(text: str) -> None:
    assert judged("no-plain-password", Asked(CONFIG_MAP, {"data": {"file": text}})) == []


@pytest.mark.parametrize(("kind", "inputs", "path"), CLIENTS_OF)
def test_clients_that_the_configuration_names_may_connect(
    kind: str, inputs: dict[str, Any], path: str
) -> None:
    asked = Asked(kind, inputs | nested(path, "net/subnet"))
    assert judged("cluster-only", asked) == []
    assert judged("cluster-only", asked, config={"clients": ["other", "net/"]}) == []
    [(_, line)] = judged("cluster-only", asked, config={"clients": ["other"]})
    assert line.startswith(f"{path}: is net/subnet, not in clients of this policy")


def test_clients_in_the_rules_of_a_security_group_are_judged() -> None:
    rule = {"protocol": "tcp", "fromPort": 5432, "toPort": 5432, "securityGroups": ["sg-1", "sg-2"]}
    group = Asked(GROUP, {"ingress": [rule]})
    assert judged("cluster-only", group) == []
    assert judged("cluster-only", group, config={"clients": ["sg-1", "sg-2"]}) == []
    [(_, line)] = judged("cluster-only", group, config={"clients": ["sg-1"]})
    assert line.startswith("ingress[0].securityGroups: is sg-2, not in clients")


def test_clients_of_other_ports_and_services_are_not_judged() -> None:
    config = {"clients": ["other"]}
    https = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "referencedSecurityGroupId": "x"}
    assert judged("cluster-only", Asked(RULE, https), config=config) == []
    vault = {"privateLinkServiceConnections": [{"groupIds": ["vault"]}], "subnet": {"id": "x"}}
    endpoint = Asked("azure-native:network:PrivateEndpoint", vault)
    assert judged("cluster-only", endpoint, config=config) == []


@pytest.mark.parametrize("major", versions.END_OF_LIFE)
def test_version_is_supported_until_its_last_day(major: int) -> None:
    last = versions.END_OF_LIFE[major]
    assert not list(versions.problems("version", f"{major}.1", last))
    [line] = versions.problems("version", str(major), last + datetime.timedelta(days=1))
    assert str(last) in line


def test_table_of_versions_is_updated_in_time() -> None:
    # Five years after its first release each version ends, and there is one each year.
    newest = max(versions.END_OF_LIFE.values())
    assert newest - datetime.date.today() > datetime.timedelta(days=3 * 365), versions.SOURCE


def coder(*zones: str, **options: Any) -> Asked:
    expression = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": list(zones)}
    affinity = [{"preference": {"matchExpressions": [expression]}}] if zones else []
    values = nested("coder.affinity.nodeAffinity", affinity)
    return Asked(RELEASE, {"chart": "coder", "values": values}, "coder", **options)


STANDBY = {
    AWS: {"multiAz": True},
    AZURE: nested("highAvailability.mode", "ZoneRedundant"),
    GCP: nested("settings.availabilityType", "REGIONAL"),
}
ZONE = {
    AWS: ({"availabilityZone": "b"}, "b"),
    AZURE: ({"availabilityZone": "2", "location": "West Europe"}, "westeurope-2"),
    GCP: (nested("settings.locationPreference.zone", "b"), "b"),
}


@pytest.mark.parametrize("kind", ZONE)
def test_zone_of_the_database_is_that_of_coder(kind: str) -> None:
    inputs, label = ZONE[kind]
    server = Asked(kind, inputs, "server")
    assert judged("database-zone", server) == [], "nothing says where Coder runs"
    assert judged("database-zone", server, coder(label)) == []
    assert judged("database-zone", server, coder("a", label)) == []
    selector = {"topology.kubernetes.io/zone": label}
    inputs_of_coder = {"chart": "coder", "values": nested("coder.nodeSelector", selector)}
    assert judged("database-zone", server, Asked(RELEASE, inputs_of_coder)) == []
    [(name, line)] = judged("database-zone", server, coder("a"))
    assert (name, "prefers a" in line) == ("server", True)
    [(_, line)] = judged("database-zone", server, coder())
    assert f"add a node affinity for topology.kubernetes.io/zone {label}" in line
    [(_, line)] = judged("database-zone", Asked(kind, {}, "server"), coder("a"))
    assert "is not set" in line
    assert judged("database-zone", Asked(kind, inputs | STANDBY[kind]), coder("a")) == []


def test_stack_policy_judges_inputs_where_a_preview_has_no_outputs() -> None:
    server = Asked(AZURE, ZONE[AZURE][0], "server", outputs={})
    assert judged("database-zone", server, coder("westeurope-2")) == []


def test_stack_policy_judges_outputs_where_all_resource_policies_are_disabled() -> None:
    """They note the inputs, which nobody has noted here."""
    stack = [
        Asked(AWS, {}, "no-inputs", outputs={"availabilityZone": "b"}),
        Asked(RELEASE, {}, "no-inputs-either", outputs=coder("a").inputs),
    ]
    policy, lines = RULES["database-zone"], list[str]()
    assert isinstance(policy, StackValidationPolicy)
    args = StackValidationArgs([each.of_stack() for each in stack], {})
    policy.validate(args, lambda line, _=None: lines.append(line))
    [line] = lines
    assert line.startswith("availabilityZone: is b, and no-inputs-either prefers a")


def test_unknown_zone_is_said_once_the_others_are_judged() -> None:
    stack = Asked(AWS, {"availabilityZone": UNKNOWN}, "unknown"), Asked(AWS, {}, "server")
    found = judged("database-zone", *stack, coder("a"))
    assert [name for name, _ in found] == ["server", "unknown"]
    assert found[1] == ("unknown", "unknown")


PROTECTED: dict[str, dict[str, Any]] = {
    AWS: {"deletionProtection": True},
    GCP: nested("settings.deletionProtectionEnabled", True),
}


@pytest.mark.parametrize("kind", PROTECTED)
def test_protection_is_in_both_places_or_in_none(kind: str) -> None:
    both = "deletion-protection"
    assert judged(both, Asked(kind, PROTECTED[kind], protect=True)) == []
    assert judged(both, Asked(kind, {"deletionProtection": False})) == []
    [(_, line), *_] = judged(both, Asked(kind, PROTECTED[kind]))
    assert line == "protect (resource option): is false; set it to true"
    assert judged(both, Asked(kind, {"deletionProtection": False}, protect=True))
    [(_, line)] = judged("unprotected-database", Asked(kind, {"deletionProtection": False}))
    assert "pulumi config set protect true" in line
    assert judged("unprotected-database", Asked(kind, {}, protect=True)) == []


def test_lock_protects_a_server_of_azure() -> None:
    server = Asked(AZURE, {}, "server", protect=True)
    for level, protects in (("CanNotDelete", True), ("ReadOnly", True), (UNKNOWN, True)):
        lock = Asked(LOCK, {"level": level}, "lock", scope="server")
        assert (judged("deletion-protection", server, lock) == []) == protects
    other = Asked(LOCK, {"level": "CanNotDelete"}, "lock", scope="other")
    none = Asked(LOCK, {"level": "NotSpecified"}, "lock", scope="server")
    for lock in (other, none):
        [(name, line)] = judged("deletion-protection", server, lock)
        assert name == "server"
        assert line.startswith("has no management lock")


def test_lock_of_the_resource_or_of_its_group_protects_a_server_of_azure() -> None:
    server = Asked(AZURE, {"resourceGroupName": "coder"}, "server", protect=True)
    kind = "azure-native:authorization:ManagementLock"
    level = {"level": "CanNotDelete"}
    own = Asked(f"{kind}AtResourceLevel", level, "lock", scope="server", refers="resourceName")
    assert judged("deletion-protection", server, own) == []
    assert judged("deletion-protection", server, dataclasses.replace(own, scope="other"))
    for group, level_of, protects in (
        ("coder", "CanNotDelete", True),
        ("coder", "NotSpecified", False),
        ("other", "CanNotDelete", False),
        (UNKNOWN, "CanNotDelete", False),
    ):
        inputs = {"resourceGroupName": group, "level": level_of}
        lock = Asked(f"{kind}AtResourceGroupLevel", inputs, "lock")
        assert (judged("deletion-protection", server, lock) == []) == protects


def client(**values: Any) -> Asked:
    return Asked(RELEASE, {"chart": "coder", "values": {"postgres": values}}, "coder")


def secret(text: str) -> Asked:
    return Asked(SECRET, {"data": {"url": base64.b64encode(text.encode()).decode()}}, "secret")


CLIENTS: dict[str, Any] = {
    "classic": lambda mode: client(host="db", sslMode=mode),
    "variable": lambda mode: Asked(JOB, pod(PGSSLMODE=mode)),
    "secret": lambda mode: secret(f"postgresql://a:{CANARY}@db/coder?sslmode={mode}"),
    "keys and values": lambda mode: secret(f"host=db user=a password={CANARY} sslmode={mode}"),
    "plain URL": lambda mode: Asked(DEPLOYMENT, pod(URL=f"postgres://db/coder?sslmode={mode}")),
}


@pytest.mark.parametrize("where", CLIENTS)
def test_client_verifies_the_server_fully(where: str) -> None:
    rule, resource = "coder-verifies-tls", CLIENTS[where]
    assert judged(rule, resource("verify-full")) == []
    own_ca = Asked(GCP, {}, "server")
    shared_ca = Asked(GCP, nested(f"{IP}.serverCaMode", "GOOGLE_MANAGED_CAS_CA"), "server")
    assert judged(rule, own_ca, resource("verify-ca")) == []
    for stack in ([resource("verify-ca")], [shared_ca, resource("verify-ca")]):
        [(_, line)] = judged(rule, *stack)
        assert "sslmode is verify-ca; set it to verify-full" in line
    for mode in ("require", "prefer", CANARY):
        [(_, line)] = judged(rule, own_ca, resource(mode))
        assert CANARY not in line


def test_mode_of_a_connection_in_a_command_is_judged() -> None:
    for mode, lines in (("disable", 1), ("'prefer'", 1), ("verify-full", 0), ("$MODE", 0)):
        asked = Asked(JOB, nested("spec.args", [f'psql "host=db sslmode={mode}"']))
        assert len(judged("coder-verifies-tls", asked)) == lines


@pytest.mark.parametrize("text", ["postgres://db/coder", "host=db port=5432 dbname='coder'"])
def test_connection_without_a_mode_is_a_violation(text: str) -> None:
    [(_, line)] = judged("coder-verifies-tls", Asked(JOB, pod(URL=text)))
    assert "sslmode is not set" in line


@pytest.mark.parametrize("text", ["host=db", "PGHOST=db sslmode=$MODE psql", "user=a dbname=b"])
def test_other_keys_and_values_are_no_connection(text: str) -> None:
    assert judged("coder-verifies-tls", Asked(JOB, pod(TEXT=text))) == []


def test_classic_chart_without_an_external_database_connects_to_none() -> None:
    assert judged("coder-verifies-tls", client(default={"enable": True})) == []


def leak(kind: str, inputs: dict[str, Any]) -> list[tuple[str, str]]:
    word = Asked(PASSWORD, {"length": 32}, "word", outputs={"result": f"{CANARY}/1"})
    return judged("generated-password", word, Asked(kind, inputs, "there"))


@pytest.mark.parametrize("form", [f"{CANARY}/1", f"a:{CANARY}%2F1@", "cGw0bnRlZC1jYW5hcnkvMQ=="])
def test_generated_password_is_found_in_each_form(form: str) -> None:
    [(name, line)] = leak(CONFIG_MAP, {"data": {"deep": [{"note": f"it is {form}"}]}})
    assert (name, "data.deep[0].note" in line) == ("there", True)
    assert form not in line


@pytest.mark.parametrize(
    ("kind", "key"),
    [(AWS, "password"), (AZURE, "administratorLoginPassword"), ("gcp:sql/user:User", "password")],
)
def test_login_of_a_server_may_hold_its_password(kind: str, key: str) -> None:
    assert leak(kind, {key: f"{CANARY}/1"}) == []
    assert leak(kind, {"description": f"{CANARY}/1"})


def test_password_of_a_secret_is_found_elsewhere() -> None:
    secret = Asked(SECRET, {"stringData": {"password": CANARY, "username": "coder-user"}}, "secret")
    shown = Asked(RELEASE, nested("values.note", f"{CANARY} of coder-user"), "release")
    assert [name for name, _ in judged("generated-password", secret, shown)] == ["release"]
    assert judged("generated-password", secret) == []


@pytest.mark.parametrize("rule", ["generated-password", "coder-verifies-tls"])
def test_secret_whose_content_is_unknown_is_left_to_the_update(rule: str) -> None:
    assert judged(rule, Asked(SECRET, {"stringData": UNKNOWN, "data": UNKNOWN})) == []


def test_short_or_unknown_passwords_are_not_searched_for() -> None:
    for word in ("short", UNKNOWN):
        stack = [Asked(PASSWORD, {}, "word", outputs={"result": word})]
        shown = Asked(CONFIG_MAP, {"data": {"note": "short"}})
        assert judged("generated-password", *stack, shown) == []


@pytest.mark.parametrize("mode", ["enforce", "warn", "off"])
@pytest.mark.parametrize("protect", [True, False])
def test_latency_gate_is_on_where_the_release_is_protected(mode: str, protect: bool) -> None:
    found = judged("latency-gate", coder(protect=protect), Asked(JOB, pod(LATENCY_GATE=mode)))
    assert bool(found) == (protect and mode == "off")


@pytest.mark.parametrize(
    ("chart", "is_coder"),
    [
        ("coder", True),
        ("./.charts/0a1b2c/coder-2.38.8.tgz", True),
        ("oci://ghcr.io/coder/chart/coder:2.38.8", True),
        (f"oci://r/coder@sha256:{'0' * 64}", True),
        ("coder-logstream-kube", False),
        ("oci://ghcr.io/coder/chart/other", False),
    ],
)
def test_release_of_coder_is_known_by_its_chart(chart: str, is_coder: bool) -> None:
    release = Asked(RELEASE, {"chart": chart}, protect=True)
    assert bool(judged("latency-gate", release)) == is_coder


def test_protected_release_without_a_latency_gate_is_a_violation() -> None:
    [(name, line)] = judged("latency-gate", coder(protect=True), Asked(JOB, pod(PGUSER="coder")))
    assert name == "coder"
    assert line.startswith("no Job with LATENCY_GATE")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_sample_stacks_pass_every_rule(file: Path) -> None:
    stack = list(asked_by(deployed_sample(file)))
    assert {rule: judged(rule, *stack) for rule in RULES} == {rule: [] for rule in RULES}


def test_every_rule_but_one_is_mandatory_and_can_be_relaxed_with_a_reason() -> None:
    advisory = [p.name for p in POLICIES if p.enforcement_level is EnforcementLevel.ADVISORY]
    assert advisory == ["unprotected-database"]
    assert all(policy.config_schema for policy in POLICIES)
    assert all(
        "reason" in (p.config_schema.properties if p.config_schema else ()) for p in POLICIES
    )


def test_names_of_keys_that_hold_secrets() -> None:
    secret = "password admin_password apiToken private_key privateKey clientSecret credentials"
    public = "passwordSecret secretName tokenPath passwordGeneration username keys password-digest"
    public += " secretKey pwd"
    assert all(NAMED.search(name) for name in secret.split())
    assert not any(NAMED.search(name) for name in public.split())


def test_document_lists_every_rule_with_its_level() -> None:
    text = (ROOT / "docs" / "policies.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \| (.+?) \| (mandatory|advisory) \|", text, re.MULTILINE)
    levels = {
        p.name: (p.description, (p.enforcement_level or EnforcementLevel.DISABLED).value)
        for p in POLICIES
    }
    assert {name: (description, level) for name, description, level in rows} == levels
