"""What is asked of RDS: private, encrypted, backed up, in the right zone, hard to lose."""

import re
from typing import Any

import pytest

from components.aws.policy import POLICY
from tests.unit.aws import (
    HOST,
    INGRESS,
    INSTANCE,
    KEY,
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
def default_instance() -> dict[str, Any]:
    """What is asked of RDS where no setting says otherwise."""
    return Aws().run()


@pytest.mark.parametrize("key", EXPECTED)
def test_an_instance_has_production_defaults(default_instance: dict[str, Any], key: str) -> None:
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


def test_the_final_snapshot_has_a_legal_name_of_its_own(cloud: Aws) -> None:
    name = cloud.run()["finalSnapshotIdentifier"]
    assert name == "coder-coder-dev-final-0a1b2c3d"
    suffix = cloud.named("postgres-final-snapshot")
    assert suffix.type == RANDOM_ID
    assert suffix.plain["keepers"] == {"kmsKeyId": ""}, "a replaced server must not share it"


def test_only_the_nodes_may_connect(cloud: Aws) -> None:
    server = cloud.run()
    firewall = cloud.named("postgres-firewall")
    assert firewall.type == SECURITY_GROUP
    assert firewall.plain["vpcId"] == VPC
    assert not {"ingress", "egress"} & firewall.plain.keys(), "inline rules fight separate ones"
    assert server["vpcSecurityGroupIds"] == ["postgres-firewall-1a2b3c"]
    (rule,) = cloud.all(INGRESS)
    assert rule.plain["referencedSecurityGroupId"] == NODES
    assert (rule.plain["fromPort"], rule.plain["toPort"]) == (5432, 5432)
    assert rule.plain["ipProtocol"] == "tcp"
    assert not {"cidrIpv4", "cidrIpv6"} & rule.plain.keys()


def test_each_client_has_a_rule_that_the_server_waits_for(cloud: Aws) -> None:
    cloud.run(network={"clientSecurityGroupIds": ["sg-1", "sg-2"]})
    rules = {rule.name: rule for rule in cloud.all(INGRESS)}
    assert set(rules) == {"postgres-from-sg-1", "postgres-from-sg-2"}
    assert {rule.urn for rule in rules.values()} <= cloud.named("postgres-server").dependencies


def test_the_subnet_group_has_the_clusters_subnets(cloud: Aws) -> None:
    server = cloud.run()
    (group,) = cloud.all(SUBNET_GROUP)
    assert group.plain["subnetIds"] == ["subnet-a", "subnet-b"]
    assert server["dbSubnetGroupName"] == "postgres-subnets-1a2b3c"


def test_small_storage_has_the_speed_that_comes_with_it(cloud: Aws) -> None:
    assert not {"iops", "storageThroughput"} & cloud.run(storageGb=399, maxStorageGb=500).keys()


def test_a_parameter_group_is_made_only_where_a_setting_needs_it(cloud: Aws) -> None:
    cloud.run()
    assert not cloud.all(PARAMETER_GROUP)


def test_parameters_say_whether_they_need_a_restart(cloud: Aws) -> None:
    parameters = {"max_connections": 500, "log_min_duration_statement": "1000"}
    asked = cloud.run(server={"parameters": parameters})
    assert asked["parameterGroupName"] == "postgres-parameters-1a2b3c"
    (group,) = cloud.all(PARAMETER_GROUP)
    assert group.plain["family"] == "postgres17"
    assert group.plain["parameters"] == [
        {"name": "log_min_duration_statement", "value": "1000", "applyMethod": "immediate"},
        {"name": "max_connections", "value": "500", "applyMethod": "pending-reboot"},
    ]


def test_tls_is_forced_where_it_is_not_the_default(cloud: Aws) -> None:
    cloud.run(postgresVersion="14")
    (group,) = cloud.all(PARAMETER_GROUP)
    assert group.plain["family"] == "postgres14"
    assert group.plain["parameters"] == [
        {"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"}
    ]


def test_what_holds_data_or_its_network_is_protected(cloud: Aws) -> None:
    cloud.run()
    protected = {each.type for each in cloud.asked if each.protect and "aws:" in each.type}
    assert protected == {INSTANCE, SUBNET_GROUP, SECURITY_GROUP}
    for each in cloud.asked:
        if each.type in protected:
            assert each.hooks.get("before_delete"), f"{each.name} has no hook at its deletion"


def test_nothing_is_protected_once_that_is_switched_off(cloud: Aws) -> None:
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


def test_what_moves_or_was_read_once_is_no_change(cloud: Aws) -> None:
    cloud.run()
    server = cloud.named("postgres-server")
    assert server.ignores == {"availabilityZone", "snapshotIdentifier", "restoreToPointInTime"}
    assert server.timeouts == {"create": "60m", "update": "80m", "delete": "60m"}


def test_everything_of_aws_carries_the_labels(cloud: Aws) -> None:
    cloud.run(labels={"team": "x"}, server={"parameters": {"work_mem": "8192"}})
    made = [each for each in cloud.asked if each.type.startswith("aws:")]
    assert {each.type for each in made} == {
        INSTANCE, SUBNET_GROUP, PARAMETER_GROUP, SECURITY_GROUP, INGRESS
    }  # fmt: skip
    assert all(each.plain["tags"]["team"] == "x" for each in made)


def test_a_firewall_lets_go_of_rules_that_others_added(cloud: Aws) -> None:
    cloud.run()
    assert cloud.named("postgres-firewall").plain["revokeRulesOnDelete"] is True


def test_the_connection_is_verified_by_the_regions_own_authorities(cloud: Aws) -> None:
    cloud.run()
    login = cloud.named("coder-db-blue").plain["stringData"]
    assert login["host"] == HOST, "the endpoint would be host and port"
    assert "sslmode=verify-full" in login["url"]
    names = re.findall("^# (.*)$", login["ca.crt"], re.MULTILINE)
    assert names
    assert all(name.startswith("Amazon RDS us-east-1 Root CA ") for name in names)


def test_the_master_login_never_reaches_coders_namespace(cloud: Aws) -> None:
    cloud.run()
    made = {each.name for each in cloud.all(PASSWORD)}
    assert made == {
        "postgres-admin-password",
        "postgres-database-blue",
        "postgres-database-green",
    }
    holders = {
        each.name for each in cloud.all(SECRET) if "coder_admin" in str(each.plain["stringData"])
    }
    assert holders == {"postgres-database-credentials"}


def test_the_master_password_is_legal_and_secret(cloud: Aws) -> None:
    cloud.run()
    asked = cloud.named("postgres-admin-password").plain
    assert (asked["length"], asked["overrideSpecial"]) == (32, "-_~")
    assert all(asked[f"min{kind}"] == 1 for kind in ("Lower", "Upper", "Numeric", "Special"))
    assert '"password": "[secret]"' in cloud.named("postgres-server").in_the_clear


def test_a_database_that_came_with_a_snapshot_is_this_stacks(cloud: Aws) -> None:
    cloud.run()
    (container,) = cloud.named("postgres-database-roles").plain["spec"]["template"]["spec"][
        "containers"
    ]
    assert {"name": "OWNER_ANY_STACK", "value": "yes"} in container["env"]


def test_every_resource_of_aws_belongs_to_the_component(cloud: Aws) -> None:
    cloud.run()
    for each in cloud.asked:
        if each.type.startswith("aws:"):
            assert each.parent.endswith("coder:aws:Postgres::postgres"), each.name
            assert each.name.startswith("postgres-")
