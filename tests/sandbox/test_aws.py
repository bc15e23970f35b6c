"""Coder on RDS: it changes in place, only the nodes reach it, and no data are lost."""

import pytest

from sandbox.providers.aws.account import NODES_GROUP
from tests.sandbox.aws import REGION, AwsStack, account, in_place, on_rds, snapshots
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


def still_there(stack: AwsStack) -> None:
    wait("Coder on its database", lambda: "ada" in stack.coder().users())


def test_coder_runs_on_rds_as_a_role_that_can_little(classic: AwsStack) -> None:
    on_rds(classic)
    assert classic.outputs()["databaseZone"] == "us-east-1a", "where most nodes are"
    assert classic.server.sql("SHOW server_version").startswith("16.")
    can = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
    logins = "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'coder%'"
    assert classic.server.sql(f"{logins} AND ({can})") == "coder_admin"
    assert classic.server.sql(f"{logins} AND rolsuper") == ""
    classic.unchanged()


def test_all_passwords_are_rotated_in_place(classic: AwsStack) -> None:
    # Coder's next login is made as the admin, whose new password must hold by then.
    in_place(classic.set(passwordGeneration=2).up("--replace", ADMIN_PASSWORD))
    assert classic.coder().buildinfo()["database"]["user"] == "coder_green"
    still_there(classic)


def test_class_and_storage_wait_for_the_window_or_are_changed_at_once(classic: AwsStack) -> None:
    resource = classic.instance["resourceId"]
    connections = int(classic.server.sql("SHOW max_connections"))
    printed = classic.set(size="medium", storageGb=100).up()
    in_place(printed)
    assert "Changes of size, storageGb wait for the maintenance window" in printed
    assert classic.instance["instanceClass"] == "db.m6i.large"
    classic.trigger("maintenance")
    assert classic.instance["instanceClass"] == "db.m6i.xlarge"
    assert classic.instance["allocatedStorage"] == 100
    assert int(classic.server.sql("SHOW max_connections")) > connections
    classic.up("--refresh", "--expect-no-changes")
    in_place(classic.set(applyImmediately=True, storageGb=120).up())
    assert classic.instance["allocatedStorage"] == 120
    assert classic.instance["resourceId"] == resource
    still_there(classic)


def test_a_failover_that_moved_the_zone_changes_nothing(classic: AwsStack) -> None:
    classic.set(highAvailability=True).up()
    classic.trigger("failover")
    assert classic.instance["availabilityZone"] != "us-east-1a"
    classic.up("--refresh", "--expect-no-changes")
    # The standby is deleted only while the stack is not protected.
    classic.set(highAvailability=False, protect=False).up()
    classic.set(protect=True).up()
    still_there(classic)


def test_without_its_rule_the_preflight_fails_and_coder_is_not_touched(classic: AwsStack) -> None:
    group = classic.instance["vpcSecurityGroupIds"]
    before = _pods(classic)
    with REGION.transaction() as data:
        rules = data["rules"]
        data["rules"] = {
            name: rule for name, rule in rules.items() if rule["securityGroupId"] not in group
        }
    printed = classic.set(latencyLimitMs=11).fails("up", "--yes")
    assert f"{classic.instance['address']} can't be reached" in printed
    assert _pods(classic) == before
    classic.up("--refresh")
    (rule,) = (each for each in account()["rules"].values() if each["securityGroupId"] in group)
    assert rule["referencedSecurityGroupId"] == NODES_GROUP
    still_there(classic)


def test_the_next_major_version_is_an_upgrade_in_place(classic: AwsStack) -> None:
    resource = classic.instance["resourceId"]
    in_place(classic.set(postgresVersion="17", applyImmediately=True).up())
    assert classic.server.sql("SHOW server_version").startswith("17.")
    assert classic.instance["resourceId"] == resource
    still_there(classic)
    on_rds(classic)
    classic.up()  # takes the permission for major upgrades away
    classic.unchanged()


def test_a_protected_stack_is_not_destroyed(classic: AwsStack) -> None:
    before = account()
    printed = classic.fails("destroy", "--yes")
    assert "pulumi config set protect false" in printed
    assert account() == before
    still_there(classic)


def test_destroyed_it_leaves_a_snapshot_that_becomes_another_stacks(
    classic: AwsStack, make_aws: MakeAws
) -> None:
    classic.set(protect=False).up()
    result = classic.run("destroy", "--yes")
    assert result.returncode == 0, result.stdout
    (last,) = snapshots("rds")
    restored = make_aws("rds-restored", storageGb=120, restoreFrom={"snapshot": last})
    restored.up()
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
