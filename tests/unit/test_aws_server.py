"""The inputs of the RDS instance and its network: private, encrypted, backed up, protected."""

import re
from typing import Any

import pytest

from components.aws.policy import POLICY
from tests.unit.aws import (
    HOST,
    INGRESS,
    INSTANCE,
    KEY,
    LOG_GROUP,
    NODES,
    PARAMETER_GROUP,
    RANDOM_ID,
    SECURITY_GROUP,
    SUBNET_GROUP,
    VPC,
    Aws,
)
from tests.unit.pretend import PASSWORD, SECRET
from tests.unit.stacks import Stack


@pytest.fixture
def cloud() -> Aws:
    return Aws()


EXPECTED: dict[str, Any] = {
    "engine": "postgres",
    "engineVersion": "17",
    "instanceClass": "db.m6i.large",
    "allocatedStorage": 64,
    "maxAllocatedStorage": 256,
    "storageType": "gp3",
    "storageEncrypted": True,
    "publiclyAccessible": False,
    "availabilityZone": "us-east-1a",
    "multiAz": False,
    "backupRetentionPeriod": 7,
    "backupWindow": "03:00-04:00",
    "maintenanceWindow": "sun:04:30-sun:05:30",
    "deletionProtection": True,
    "skipFinalSnapshot": False,
    "deleteAutomatedBackups": False,
    "copyTagsToSnapshot": True,
    "autoMinorVersionUpgrade": True,
    "allowMajorVersionUpgrade": False,
    "applyImmediately": False,
    "engineLifecycleSupport": "open-source-rds-extended-support-disabled",
    "performanceInsightsEnabled": True,
    "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
    "performanceInsightsRetentionPeriod": 7,
    "databaseInsightsMode": "standard",
    "caCertIdentifier": "rds-ca-rsa2048-g1",
    "networkType": "IPV4",
    "port": 5432,
    "username": "coder_admin",
    "parameterGroupName": "default.postgres17",
    "tags": {"coder:stack": "coder/dev", "coder:zone": "us-east-1a"},
}


@pytest.fixture(scope="module")
def default() -> Aws:
    """After an update with default settings, for tests that only read."""
    cloud = Aws()
    cloud.run()
    return cloud


@pytest.fixture(scope="module")
def default_instance(default: Aws) -> dict[str, Any]:
    """The inputs of the instance with default settings."""
    return default.named("postgres-server").plain


@pytest.mark.parametrize("key", EXPECTED)
def test_instance_has_production_defaults(default_instance: dict[str, Any], key: str) -> None:
    assert default_instance[key] == EXPECTED[key]


CHANGED: list[tuple[Stack, dict[str, Any]]] = [
    ({"size": "medium"}, {"instanceClass": "db.m6i.xlarge"}),
    ({"size": "large"}, {"instanceClass": "db.m6i.2xlarge"}),
    ({"size": "db.r8g.4xlarge"}, {"instanceClass": "db.r8g.4xlarge"}),
    ({"size": "db.t4g.small"}, {"performanceInsightsEnabled": False}),
    ({"backupDays": 30}, {"backupRetentionPeriod": 30}),
    ({"storageGb": 100}, {"allocatedStorage": 100}),
    ({"storageGb": 400, "maxStorageGb": 500}, {"iops": 12000, "storageThroughput": 500}),
    ({"postgresVersion": "16"}, {"parameterGroupName": "default.postgres16"}),
    ({"storageGb": 100, "maxStorageGb": 100}, {"maxAllocatedStorage": 0}),
    ({"protect": False}, {"deletionProtection": False, "skipFinalSnapshot": False}),
    ({"applyImmediately": True}, {"applyImmediately": True}),
    ({"server": {"kmsKeyId": KEY}}, {"kmsKeyId": KEY}),
    ({"server": {"backupWindow": "01:00-02:00", "maintenanceWindow": "mon:02:00-mon:03:00"}},
     {"backupWindow": "01:00-02:00", "maintenanceWindow": "mon:02:00-mon:03:00"}),
    ({"labels": {"team": "x"}}, {"tags": EXPECTED["tags"] | {"team": "x"}}),
    ({"restoreFrom": {"snapshot": "snap-1"}}, {"snapshotIdentifier": "snap-1"}),
    ({"restoreFrom": {"instance": "old"}},
     {"restoreToPointInTime": {"sourceDbInstanceIdentifier": "old",
                               "useLatestRestorableTime": True}}),
    ({"restoreFrom": {"instance": "old", "time": "2026-01-31T03:00:00Z"}},
     {"restoreToPointInTime": {"sourceDbInstanceIdentifier": "old",
                               "restoreTime": "2026-01-31T03:00:00Z"}}),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "inputs"), CHANGED)
def test_each_setting_reaches_the_instance(
    cloud: Aws, settings: Stack, inputs: dict[str, Any]
) -> None:
    asked = cloud.run(**settings)
    assert {key: asked[key] for key in inputs} == inputs


def test_final_snapshot_has_a_valid_unique_name(default: Aws) -> None:
    name = default.named("postgres-server").plain["finalSnapshotIdentifier"]
    assert name == "coder-coder-dev-final-0a1b2c3d"
    suffix = default.named("postgres-final-snapshot")
    assert suffix.type == RANDOM_ID
    assert suffix.plain["keepers"] == {"kmsKeyId": ""}, "a replaced server must not share it"


def test_only_the_nodes_may_connect(default: Aws) -> None:
    server = default.named("postgres-server").plain
    firewall = default.named("postgres-firewall")
    assert firewall.type == SECURITY_GROUP
    assert firewall.plain["vpcId"] == VPC
    assert not {"ingress", "egress"} & firewall.plain.keys(), (
        "inline rules conflict with separate ones"
    )
    assert server["vpcSecurityGroupIds"] == ["postgres-firewall-1a2b3c"]
    (rule,) = default.all(INGRESS)
    assert rule.plain["referencedSecurityGroupId"] == NODES
    assert (rule.plain["fromPort"], rule.plain["toPort"]) == (5432, 5432)
    assert rule.plain["ipProtocol"] == "tcp"
    assert not {"cidrIpv4", "cidrIpv6"} & rule.plain.keys()


def test_server_depends_on_a_rule_for_each_client_group(cloud: Aws) -> None:
    cloud.run(network={"clientSecurityGroupIds": ["sg-1", "sg-2"]})
    rules = {rule.name: rule for rule in cloud.all(INGRESS)}
    assert set(rules) == {"postgres-from-sg-1", "postgres-from-sg-2"}
    assert {rule.urn for rule in rules.values()} <= cloud.named("postgres-server").dependencies


def test_subnet_group_has_the_subnets_of_the_cluster(default: Aws) -> None:
    server = default.named("postgres-server").plain
    (group,) = default.all(SUBNET_GROUP)
    assert group.plain["subnetIds"] == ["subnet-a", "subnet-b"]
    assert server["dbSubnetGroupName"] == "postgres-subnets-1a2b3c"


def test_storage_below_400_gib_sets_no_iops(cloud: Aws) -> None:
    assert not {"iops", "storageThroughput"} & cloud.run(storageGb=399, maxStorageGb=500).keys()


def test_parameter_group_is_created_only_if_needed(default: Aws) -> None:
    assert not default.all(PARAMETER_GROUP)


def test_parameters_have_their_apply_method(cloud: Aws) -> None:
    parameters = {"max_connections": 500, "log_min_duration_statement": "1000"}
    asked = cloud.run(server={"parameters": parameters})
    assert asked["parameterGroupName"] == "postgres-parameters-1a2b3c"
    (group,) = cloud.all(PARAMETER_GROUP)
    assert group.plain["family"] == "postgres17"
    assert group.plain["parameters"] == [
        {"name": "log_min_duration_statement", "value": "1000", "applyMethod": "immediate"},
        {"name": "max_connections", "value": "500", "applyMethod": "pending-reboot"},
    ]


def test_tls_is_required_on_versions_without_that_default(cloud: Aws) -> None:
    cloud.run(postgresVersion="14")
    (group,) = cloud.all(PARAMETER_GROUP)
    assert group.plain["family"] == "postgres14"
    assert group.plain["parameters"] == [
        {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"}
    ]


def test_instance_and_its_network_are_protected(default: Aws) -> None:
    protected = {each.type for each in default.asked if each.protect and "aws:" in each.type}
    assert protected == {INSTANCE, SUBNET_GROUP, SECURITY_GROUP}
    for each in default.asked:
        if each.type in protected:
            assert each.hooks.get("before_delete"), f"{each.name} has no hook at its deletion"


def test_protect_false_protects_nothing(cloud: Aws) -> None:
    cloud.run(protect=False)
    assert not [each for each in cloud.asked if each.protect]
    assert not [each for each in cloud.asked if each.hooks.get("before_delete")]


def test_each_deletion_guard_follows_protect(cloud: Aws) -> None:
    assert POLICY.deletion_guards
    for guard in POLICY.deletion_guards:
        assert cloud.run()[guard] is True
        unprotected = Aws()
        assert unprotected.run(protect=False)[guard] is False
        assert "`pulumi destroy` deletes the instance and leaves a final snapshot" in "".join(
            unprotected.said
        )


def test_zone_and_restore_source_are_ignored_as_changes(default: Aws) -> None:
    server = default.named("postgres-server")
    assert server.ignores == {"availabilityZone", "snapshotIdentifier", "restoreToPointInTime"}
    assert server.timeouts == {"create": "60m", "update": "80m", "delete": "60m"}


def test_all_aws_resources_have_the_labels(cloud: Aws) -> None:
    cloud.run(labels={"team": "x"}, server={"parameters": {"work_mem": "8192"}})
    made = [each for each in cloud.asked if each.type.startswith("aws:")]
    assert {each.type for each in made} == {
        INSTANCE, SUBNET_GROUP, PARAMETER_GROUP, SECURITY_GROUP, INGRESS, LOG_GROUP
    }  # fmt: skip
    assert all(each.plain["tags"]["team"] == "x" for each in made)


def test_firewall_revokes_foreign_rules_at_deletion(default: Aws) -> None:
    assert default.named("postgres-firewall").plain["revokeRulesOnDelete"] is True


def test_connection_is_verified_with_the_cas_of_the_region(default: Aws) -> None:
    login = default.named("coder-db-blue").plain["stringData"]
    assert login["host"] == HOST, "the endpoint would be host and port"
    assert "sslmode=verify-full" in login["url"]
    names = re.findall("^# (.*)$", login["ca.crt"], re.MULTILINE)
    assert names
    assert all(name.startswith("Amazon RDS us-east-1 Root CA ") for name in names)


def test_master_login_is_not_in_the_namespace_of_coder(default: Aws) -> None:
    made = {each.name for each in default.all(PASSWORD)}
    assert made == {
        "postgres-admin-password",
        "postgres-database-blue",
        "postgres-database-green",
    }
    holders = {
        each.name for each in default.all(SECRET) if "coder_admin" in str(each.plain["stringData"])
    }
    assert holders == {"postgres-database-credentials"}


def test_master_password_is_valid_and_secret(default: Aws) -> None:
    asked = default.named("postgres-admin-password").plain
    assert (asked["length"], asked["overrideSpecial"]) == (32, "-_~")
    assert all(asked[f"min{kind}"] == 1 for kind in ("Lower", "Upper", "Numeric", "Special"))
    assert '"password": "[secret]"' in default.named("postgres-server").in_the_clear


def test_database_from_a_snapshot_is_taken_over(default: Aws) -> None:
    (container,) = default.named("postgres-database-roles").plain["spec"]["template"]["spec"][
        "containers"
    ]
    assert {"name": "OWNER_ANY_STACK", "value": "yes"} in container["env"]


def test_all_aws_resources_are_children_of_the_component(default: Aws) -> None:
    for each in default.asked:
        if each.type.startswith("aws:"):
            assert each.parent.endswith("coder:aws:Postgres::postgres"), each.name
            assert each.name.startswith("postgres-")
