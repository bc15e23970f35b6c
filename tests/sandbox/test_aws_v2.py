"""Coder v2 on RDS in a given zone and network, and a second stack restored from its instance."""

import pytest

from sandbox.providers.aws.account import NODES_GROUP
from tests.sandbox.aws import AwsStack, on_rds
from tests.sandbox.cloud import now
from tests.sandbox.conftest import MakeAws
from tools import draw_graph


@pytest.fixture(scope="module")
def v2(make_aws: MakeAws) -> AwsStack:
    network = {
        "subnetIds": ["subnet-0privateb", "subnet-0privatec"],
        "clientSecurityGroupIds": [NODES_GROUP],
    }
    stack = make_aws(
        "rds-v2", chartVersion="2.38.8", zone="us-east-1b", network=network, applyImmediately=True
    )
    stack.up_with_policies()
    return stack


def test_picture_in_the_documents_is_of_such_a_stack(v2: AwsStack) -> None:
    drawn = draw_graph.picture(v2.state()["deployment"]["resources"])
    assert drawn in draw_graph.DOCUMENT.read_text(), f"paste this instead:\n{drawn}"


def test_standby_is_added_and_removed_in_place(v2: AwsStack) -> None:
    on_rds(v2)
    assert v2.instance["availabilityZone"] == v2.outputs()["databaseZone"] == "us-east-1b"
    v2.in_place(v2.set(highAvailability=True).up())
    assert v2.instance["multiAz"]
    v2.unchanged()
    v2.in_place(v2.set(highAvailability=False).up())
    assert not v2.instance["multiAz"]
    on_rds(v2)


def test_restore_from_an_instance_copies_its_current_data(v2: AwsStack, make_aws: MakeAws) -> None:
    v2.coder().add_user("ada")
    source = v2.instance["identifier"]
    copy = make_aws("rds-copy", chartVersion="2.38.8")
    names = {"postgres-server1a2b3c4": source, "2026-01-31T03:00:00Z": now()}
    copy.follow("Restore to a point in time", names)
    assert copy.coder().users() == ["ada"]
    on_rds(copy)
    v2.coder().add_user("grace")
    assert copy.coder().users() == ["ada"]
