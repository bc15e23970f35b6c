"""Coder on RDS: updates in place, access from the nodes only, no loss of data."""

import pytest

from sandbox.providers.aws.account import NODES_GROUP
from tests.sandbox.aws import REGION, AwsStack, on_rds, snapshots
from tests.sandbox.conftest import MakeAws
from tests.sandbox.stack import kubectl, wait

ADMIN_PASSWORD = (
    "urn:pulumi:rds::coder::coder:aws:Postgres$random:index/randomPassword:RandomPassword::"
    "postgres-admin-password"
)


@pytest.fixture(scope="module")
def classic(make_aws: MakeAws) -> AwsStack:
    stack = make_aws("rds", postgresVersion="16", protect=True)
    stack.up()
    stack.coder().add_user("ada")
    return stack


def assert_users_kept(stack: AwsStack) -> None:
    wait("Coder on its database", lambda: "ada" in stack.coder().users())


def test_coder_runs_on_rds_with_an_unprivileged_role(classic: AwsStack) -> None:
    on_rds(classic)
    assert classic.outputs()["databaseZone"] == "us-east-1a", "where most nodes are"
    assert classic.server.sql("SHOW server_version").startswith("16.")
    can = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
    logins = "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'coder%'"
    assert classic.server.sql(f"{logins} AND ({can})") == "coder_admin"
    assert classic.server.sql(f"{logins} AND rolsuper") == ""
    classic.unchanged()


def test_all_passwords_are_rotated_in_place(classic: AwsStack) -> None:
    # The admin sets the password of Coder's next login, so its new password must be valid by then.
    classic.in_place(classic.set(passwordGeneration=2).up("--replace", ADMIN_PASSWORD))
    assert classic.coder().buildinfo()["database"]["user"] == "coder_green"
    assert_users_kept(classic)


def test_class_and_storage_changes_are_deferred_or_immediate(classic: AwsStack) -> None:
    resource = classic.instance["resourceId"]
    connections = int(classic.server.sql("SHOW max_connections"))
    printed = classic.set(size="medium", storageGb=100).up()
    classic.in_place(printed)
    assert "Changes of size, storageGb wait for the maintenance window" in printed
    assert classic.instance["instanceClass"] == "db.m6i.large"
    classic.trigger("maintenance")
    assert classic.instance["instanceClass"] == "db.m6i.xlarge"
    assert classic.instance["allocatedStorage"] == 100
    assert int(classic.server.sql("SHOW max_connections")) > connections
    classic.up("--refresh", "--expect-no-changes")
    classic.in_place(classic.set(applyImmediately=True, storageGb=120).up())
    assert classic.instance["allocatedStorage"] == 120
    assert classic.instance["resourceId"] == resource
    assert_users_kept(classic)


def test_zone_changed_by_a_failover_is_not_a_change(classic: AwsStack) -> None:
    classic.set(highAvailability=True).up()
    classic.trigger("failover")
    assert classic.instance["availabilityZone"] != "us-east-1a"
    classic.up("--refresh", "--expect-no-changes")
    # The standby is deleted only while the stack is not protected.
    classic.set(highAvailability=False, protect=False).up()
    classic.set(protect=True).up()
    assert_users_kept(classic)


def test_missing_firewall_rule_fails_the_preflight_before_the_release(classic: AwsStack) -> None:
    group = classic.instance["vpcSecurityGroupIds"]
    before = _pods(classic)
    with REGION.transaction() as data:
        rules = data["rules"]
        data["rules"] = {
            name: rule for name, rule in rules.items() if rule["securityGroupId"] not in group
        }
    printed = classic.set(latencyLimitMs=11).fails("up", "--yes")
    assert f"{classic.instance['address']} can't be reached" in printed
    assert f"only nodes with security group {NODES_GROUP} may connect; if they have" in printed
    assert _pods(classic) == before
    classic.up("--refresh")
    (rule,) = (each for each in REGION.read()["rules"].values() if each["securityGroupId"] in group)
    assert rule["referencedSecurityGroupId"] == NODES_GROUP
    assert_users_kept(classic)


def test_major_upgrade_is_in_place(classic: AwsStack) -> None:
    resource = classic.instance["resourceId"]
    classic.in_place(classic.set(postgresVersion="17", applyImmediately=True).up())
    assert classic.server.sql("SHOW server_version").startswith("17.")
    assert classic.instance["resourceId"] == resource
    assert_users_kept(classic)
    on_rds(classic)
    classic.up()  # resets allowMajorVersionUpgrade
    classic.unchanged()


def test_protected_stack_is_not_destroyed(classic: AwsStack) -> None:
    before = REGION.read()
    printed = classic.fails("destroy", "--yes")
    assert "pulumi config set protect false" in printed
    assert REGION.read() == before
    assert_users_kept(classic)


def test_final_snapshot_can_be_restored_into_another_stack(
    classic: AwsStack, make_aws: MakeAws
) -> None:
    classic.follow("Destroy for good")
    (last,) = snapshots("rds")
    restored = make_aws("rds-restored", storageGb=120)
    restored.follow("Restore from a snapshot", {"coder-coder-prod-final-1a2b3c4d": last})
    assert restored.coder().users() == ["ada"]
    on_rds(restored)
    restored.set(restoreFrom={}).unchanged()
    result = restored.run("destroy", "--yes")
    assert result.returncode == 0, result.stdout
    assert snapshots("rds") == [last]
    assert len(snapshots("rds-restored")) == 1


def _pods(stack: AwsStack) -> str:
    """Coder's pods."""
    words = ("-l", "app.kubernetes.io/name=coder", "-o", "name")
    return kubectl("-n", stack.name, "get", "pods", *words)
