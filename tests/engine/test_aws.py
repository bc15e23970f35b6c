"""The AWS server on a real engine and the simulated account: changes, protection, deletion."""

import json
from pathlib import Path

import pytest

from tests.engine.aws import AwsStack
from tests.engine.cloud import INSTANCE, changes


@pytest.fixture
def stack(engine: dict[str, str], tmp_path: Path) -> AwsStack:
    return AwsStack(tmp_path / "coder", engine)


def test_second_update_and_failover_change_nothing(stack: AwsStack) -> None:
    stack.up()
    assert not changes(stack.up())
    stack.happens(availabilityZone="us-east-1b")
    stack.refresh()
    assert stack.resource(INSTANCE)["outputs"]["availabilityZone"] == "us-east-1b"
    assert not changes(stack.up())
    assert "but instance" in stack.refuses(zone="us-east-1c")


def test_replacement_and_deletion_are_refused(stack: AwsStack) -> None:
    stack.up()
    key = {"kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/abc"}
    assert "server.kmsKeyId" in stack.refuses(server=key)
    assert "server.kmsKeyId" not in stack.refuses(words=("destroy", "--yes"))
    said = stack.refuses(words=("destroy", "--yes", "--skip-preview"))
    assert "pulumi config set protect false" in said
    assert "restoreFrom" in stack.refuses(postgresVersion="16")
    assert "never shrinks" in stack.refuses(storageGb=32, maxStorageGb=32)


def test_deferred_and_immediate_changes_are_announced(stack: AwsStack) -> None:
    stack.up()
    said = stack.set(size="medium", storageGb=100)._good("up", "--yes")
    assert "Changes of size, storageGb wait for the maintenance window" in said
    assert stack.instance()["instanceClass"] == "db.m6i.large"
    assert stack.instance()["pending"] == {
        "allocatedStorage": 100,
        "instanceClass": "db.m6i.xlarge",
    }
    assert stack.resource(INSTANCE)["outputs"]["instanceClass"] == "db.m6i.large"
    assert changes(stack.up()) == {"updated"}, "it is shown until the window"
    said = stack.set(applyImmediately=True, size="large").up()
    assert "are made now" in said
    assert changes(said) == {"updated"}
    now = stack.instance()
    assert (now["instanceClass"], now["allocatedStorage"]) == ("db.m6i.2xlarge", 100)
    assert not now["pending"], "all that waits is made with what is made at once"
    assert not changes(stack.up())


def test_deferred_changes_are_applied_in_the_window(stack: AwsStack) -> None:
    stack.up()
    stack.set(size="medium").up()
    stack.trigger("maintenance")
    assert stack.instance()["instanceClass"] == "db.m6i.xlarge"
    stack.refresh()
    assert not changes(stack.up())


def test_apply_immediately_alone_applies_deferred_changes(stack: AwsStack) -> None:
    stack.up()
    stack.set(size="medium").up()
    stack.set(applyImmediately=True, size="small").up()
    assert stack.instance()["instanceClass"] == "db.m6i.xlarge", "the state never knew of it"
    assert not stack.instance()["pending"]


def test_killed_update_and_destroy_can_be_repeated(stack: AwsStack) -> None:
    stack.set(applyImmediately=True).up()
    stack.set(size="medium")
    stack.killed("modifying", "up", "--yes", "--skip-preview")
    assert "updated" in changes(stack.up()), "the state knows nothing of it"
    assert stack.instance()["instanceClass"] == "db.m6i.xlarge"
    assert not changes(stack.up())
    stack.set(protect=False).up()
    stack.killed("deleting", "destroy", "--yes", "--skip-preview")
    stack._good("destroy", "--yes", "--skip-preview")
    assert not stack.account()["instances"]
    assert len(stack.account()["snapshots"]) == 1


def test_standby_is_added_and_removed_in_place(stack: AwsStack) -> None:
    assert "highAvailability: is true, but" in stack.set(highAvailability=True).fails("preview")
    stack.set(highAvailability=False, applyImmediately=True).up()
    assert changes(stack.set(highAvailability=True).up()) == {"updated"}
    assert stack.instance()["multiAz"] is True
    assert "the standby would be deleted" in stack.refuses(highAvailability=False)
    stack.set(protect=False, highAvailability=False).up()
    assert stack.instance()["multiAz"] is False
    assert stack.instance()["availabilityZone"] == "us-east-1a"


def test_major_upgrade_is_in_place(stack: AwsStack) -> None:
    parameters = {"parameters": {"log_min_duration_statement": "1000"}}
    stack.set(postgresVersion="16", server=parameters, applyImmediately=True).up()
    said = stack.set(postgresVersion="17").up()
    assert stack.instance()["engineVersionActual"].startswith("17.")
    assert stack.resource(INSTANCE)["outputs"]["allowMajorVersionUpgrade"] is True
    assert "deleted" not in {line.split()[0] for line in said.splitlines() if INSTANCE in line}
    stack.up()
    assert stack.resource(INSTANCE)["outputs"]["allowMajorVersionUpgrade"] is False
    assert not changes(stack.up())


def test_each_destroy_leaves_a_restorable_snapshot(stack: AwsStack) -> None:
    stack.up()
    stack.set(protect=False).up()
    stack._good("destroy", "--yes", "--skip-preview")
    account = stack.account()
    (first,) = account["snapshots"]
    assert first.startswith("coder-coder-dev-final-")
    kept = ("instances", "subnetGroups", "rules")
    assert not any(account[kind] for kind in kept), "something of the stack was left"
    stack.set(restoreFrom={"snapshot": first}).up()
    assert not changes(stack.set(restoreFrom={}).up()), "it is read once"
    stack._good("destroy", "--yes", "--skip-preview")
    assert len(stack.account()["snapshots"]) == 2


def test_different_vpc_is_refused(stack: AwsStack) -> None:
    stack.up()
    subnets = {"subnet-1": "us-east-1a", "subnet-2": "us-east-1b"}
    account = stack.account()
    for identifier, zone in subnets.items():
        account["subnets"][identifier] = {
            "availabilityZone": zone,
            "vpcId": "vpc-other",
            "mapPublicIpOnLaunch": False,
        }
    (stack.folder / "aws" / "us-east-1.json").write_text(json.dumps(account))
    said = stack.refuses(network={"vpcId": "vpc-other", "subnetIds": list(subnets)})
    assert "network.vpcId" in said
    said = stack.refuses(
        words=("up", "--yes", "--skip-preview"),
        network={"vpcId": "vpc-other", "subnetIds": list(subnets)},
    )
    assert "marked for protection" in said
