"""Coder on RDS: it changes in place, only the nodes reach it, and no data are lost."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from sandbox.providers.aws.account import NODES_GROUP
from tests.conftest import ROOT
from tests.sandbox.aws import REGION, AwsStack, account, snapshots
from tests.sandbox.stack import kill, kubectl, wait

Make = Callable[..., AwsStack]
ADMIN_PASSWORD = (
    "urn:pulumi:rds::coder::coder:aws:Postgres$random:index/randomPassword:RandomPassword::"
    "postgres-admin-password"
)


@pytest.fixture(scope="module")
def make_aws(sandbox_up: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Makes stacks that are taken down, with their instances, when the tests are through."""
    folder = tmp_path_factory.mktemp("stacks")
    stacks: list[AwsStack] = []

    def make(name: str, **settings: object) -> AwsStack:
        stacks.append(AwsStack(name, folder, **settings))
        return stacks[-1]

    yield make
    for stack in stacks:
        stack.destroy()


@pytest.fixture(scope="module")
def classic(make_aws: Make) -> AwsStack:
    stack = make_aws("rds", postgresVersion="16", protect=True)
    stack.up()
    stack.coder().add_user("ada")
    return stack


@pytest.fixture(scope="module")
def v2(make_aws: Make) -> AwsStack:
    network = {
        "subnetIds": ["subnet-0privateb", "subnet-0privatec"],
        "clientSecurityGroupIds": [NODES_GROUP],
    }
    stack = make_aws(
        "rds-v2", chartVersion="2.38.8", zone="us-east-1b", network=network, applyImmediately=True
    )
    stack.up()
    return stack


def in_place(printed: str) -> None:
    """The update replaced and deleted nothing of the server's."""
    assert re.search(r"aws:rds:Instance \S+ updated", printed), printed
    assert not re.search(r"(?m)^ *(\+-|-|\+\+|--) +aws:", printed), printed


def on_rds(stack: AwsStack) -> None:
    """Coder answers, from the stack's own instance, with a verified certificate."""
    database = stack.coder().buildinfo()["database"]
    assert database["host"] == stack.instance["address"]
    assert database["certificate_verified"]


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
    classic.set(highAvailability=False).up()
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
    classic: AwsStack, make_aws: Make
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


def test_v2_in_a_given_zone_and_network_gets_a_standby_and_lets_it_go(v2: AwsStack) -> None:
    on_rds(v2)
    assert v2.instance["availabilityZone"] == v2.outputs()["databaseZone"] == "us-east-1b"
    in_place(v2.set(highAvailability=True).up())
    assert v2.instance["multiAz"]
    v2.unchanged()
    in_place(v2.set(highAvailability=False).up())
    assert not v2.instance["multiAz"]
    on_rds(v2)


def test_another_instance_is_copied_as_it_is_now(v2: AwsStack, make_aws: Make) -> None:
    v2.coder().add_user("ada")
    source = {"instance": v2.instance["identifier"]}
    copy = make_aws("rds-copy", chartVersion="2.38.8", restoreFrom=source)
    copy.up()
    assert copy.coder().users() == ["ada"]
    on_rds(copy)
    v2.coder().add_user("grace")
    assert copy.coder().users() == ["ada"]


def test_an_instance_that_a_killed_update_was_making_is_taken_back(make_aws: Make) -> None:
    stack = make_aws("rds-killed", protect=True)
    command = stack.command("up", "--yes", "--skip-preview")
    slow = os.environ | {"SANDBOX_CLOUD_SECONDS": "60"}
    update = subprocess.Popen(command, cwd=ROOT, env=slow, stdout=subprocess.DEVNULL)
    try:
        wait("the instance", lambda: "backing-up" in [each["status"] for each in stack.instances])
    finally:
        kill(update.pid)
        update.wait()
    made = stack.instance["resourceId"]
    recover = [sys.executable, "-m", "sandbox", "recover", stack.name]
    done = subprocess.run(recover, cwd=ROOT, check=True, timeout=300, capture_output=True)
    assert b"was imported as" in done.stdout
    stack.up()
    assert stack.instance["resourceId"] == made
    on_rds(stack)
    stack.unchanged()


def _pods(stack: AwsStack) -> str:
    """Coder's pods."""
    words = ("-l", "app.kubernetes.io/name=coder", "-o", "name")
    return kubectl("-n", stack.name, "get", "pods", *words)
