"""Subnet groups, parameter groups, security groups and their rules."""

from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.providers.aws.account import NODES_GROUP
from sandbox.providers.aws.parameters import known
from sandbox.providers.cloud.servers import Servers, ServerSpec
from sandbox.providers.framework.errors import InitFailed
from sandbox.providers.framework.validation import problems
from tests.unit.providers.aws import (
    GROUP,
    MESSAGES,
    PARAMETERS,
    PRIVATE,
    REGION,
    RULE,
    SUBNETS,
    changes,
    make,
    make_security_group,
    operation,
    put,
    refused,
)

FAMILY = {"name": "own", "family": "postgres17"}


def parameter(name: str, value: str, method: str = "immediate") -> dict[str, str]:
    return {"name": name, "value": value, "applyMethod": method}


REFUSED = [
    (parameter("no_such", "1"), "InvalidParameterValue: Could not find parameter with name: no_su"),
    (parameter("wal_level", "logical", "pending-reboot"), "parameter wal_level cannot be modified"),
    (parameter("ssl", "0"), "The parameter ssl cannot be modified."),
    (parameter("listen_addresses", "*", "pending-reboot"), "listen_addresses cannot be modified"),
    (parameter("hba_file", "/x", "pending-reboot"), "The parameter hba_file cannot be modified."),
    (parameter("server_version", "1"), "The parameter server_version cannot be modified."),
    (parameter("rds.extensions", "x"), "The parameter rds.extensions cannot be modified."),
    (parameter("max_connections", "500"), "cannot use immediate apply method for static parameter"),
    (parameter("wal_buffers", "512"), "cannot use immediate apply method for static parameter"),
    (parameter("rds.logical_replication", "1"), "cannot use immediate apply method for static"),
    (parameter("max_connections", "1000000", "pending-reboot"),
     "Invalid parameter value: 1000000 for: max_connections allowed values are: 1-262143"),
    (parameter("work_mem", "64MB"), "Invalid parameter value: 64MB for: work_mem allowed values"),
    (parameter("random_page_cost", "-1"), "for: random_page_cost allowed values are: 0-"),
    (parameter("log_lock_waits", "on"), "value: on for: log_lock_waits allowed values are: 0,1"),
    (parameter("log_statement", "some"), "log_statement allowed values are: none,ddl,mod,all"),
    (parameter("shared_preload_libraries", "pg_stat_statements,mine", "pending-reboot"),
     "Invalid parameter value: pg_stat_statements,mine for: shared_preload_libraries"),
    (parameter("work_mem", "{DBInstanceClassMemory/100}"), "not simulated: a formula"),
    (parameter("old_snapshot_threshold", "10", "pending-reboot"), "Could not find parameter"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "words"), REFUSED)
def test_invalid_parameter_is_refused_and_changes_nothing(
    given: dict[str, str], words: str
) -> None:
    id, found = PARAMETERS.create(operation(), FAMILY)
    assert words in refused(
        lambda: PARAMETERS.update(operation(), id, found, FAMILY | {"parameters": [given]})
    )


def test_group_exists_without_its_refused_parameters() -> None:
    given = FAMILY | {"parameters": [parameter("no_such", "1")]}
    with pytest.raises(InitFailed) as failed:
        PARAMETERS.create(operation(), given)
    assert failed.value.id == "own"
    (reason,) = failed.value.reasons
    assert reason.startswith("creating u::one: 1 error occurred:\n\t* modifying RDS DB Parameter G")
    assert "parameters" not in failed.value.state, "they are those of the inputs"
    assert REGION.read()["parameterGroups"]["own"]["parameters"] == []


TAKEN = [
    parameter("max_connections", "500", "pending-reboot"),
    parameter("log_min_duration_statement", "-1"),
    parameter("random_page_cost", "1.1"),
    parameter("TimeZone", "UTC"),
    parameter("log_lock_waits", "1"),
    parameter("shared_preload_libraries", "pg_stat_statements,auto_explain", "pending-reboot"),
    parameter("pg_stat_statements.track", "all"),
    parameter("rds.force_ssl", "1"),
    parameter("rds.force_ssl", "1", "pending-reboot"),
]


@pytest.mark.parametrize("given", TAKEN)
def test_valid_parameter_is_accepted(given: dict[str, str]) -> None:
    _, found = PARAMETERS.create(operation(), FAMILY | {"parameters": [given]})
    assert found["parameters"] == [given]


def test_family_has_the_parameters_of_its_major_version() -> None:
    assert "old_snapshot_threshold" in known(16)
    assert "old_snapshot_threshold" not in known(17)
    assert known(17)["autovacuum_max_workers"].apply == "static"
    assert known(18)["autovacuum_max_workers"].apply == "dynamic"
    assert known(13) == known(15)


def test_changed_apply_method_alone_is_no_change() -> None:
    """The provider sees no difference and sends no request, so nothing may be refused."""
    before = FAMILY | {"parameters": [parameter("max_connections", "500", "pending-reboot")]}
    id, found = PARAMETERS.create(operation(), before)
    after = FAMILY | {"parameters": [parameter("max_connections", "500")]}
    assert not changes(PARAMETERS, before | found, after)
    PARAMETERS.update(operation(), id, found, after)


def test_changed_group_keeps_the_max_connections_of_its_instances(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Mapping[str, str]] = []

    def configure(_: Servers, server: ServerSpec) -> None:
        told.append(server.settings)

    monkeypatch.setattr(Servers, "configure", configure)
    id, found = PARAMETERS.create(operation(), FAMILY)
    make(parameterGroupName=id)
    given = [parameter("work_mem", "8192"), parameter("rds.force_ssl", "1")]
    PARAMETERS.update(operation(), id, found, FAMILY | {"parameters": given})
    assert told == [{"max_connections": "811", "work_mem": "8192"}]


def test_parameter_group_in_use_can_not_be_deleted() -> None:
    id, found = PARAMETERS.create(operation(), FAMILY)
    make(parameterGroupName=id)
    said = refused(lambda: PARAMETERS.delete(operation(), id, found))
    assert "InvalidDBParameterGroupState: One or more database instances are still members" in said
    put(parameterGroupName="default.postgres17")
    PARAMETERS.delete(operation(), id, found | {"skipDestroy": True})
    assert id in REGION.read()["parameterGroups"]
    PARAMETERS.delete(operation(), id, found)
    assert id not in REGION.read()["parameterGroups"]
    said = refused(lambda: PARAMETERS.create(operation(), {"name": "x", "family": "postgres9"}))
    assert "ParameterGroupFamily postgres9 is not a valid parameter group family" in said


def test_update_does_not_recreate_a_deleted_resource() -> None:
    op, subnets = operation(), {"name": "gone", "subnetIds": PRIVATE}
    rule = {"securityGroupId": NODES_GROUP, "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/8"}
    for resource, inputs, words in (
        (SUBNETS, subnets, "DBSubnetGroupNotFoundFault: DB subnet group 'gone' does not exist."),
        (PARAMETERS, FAMILY, "DBParameterGroupNotFound: DBParameterGroup not found: gone"),
        (GROUP, {"name": "x"}, "InvalidGroup.NotFound: The security group 'gone' does not exist"),
        (RULE, rule, "InvalidSecurityGroupRuleId.NotFound"),
    ):
        update = resource.update
        assert words in refused(lambda: update(op, "gone", {}, inputs))  # noqa: B023


def test_subnets_must_exist_in_one_vpc_that_stays() -> None:
    with REGION.transaction() as data:
        for zone in "ab":
            data["subnets"][f"subnet-other{zone}"] = {
                "availabilityZone": f"us-east-1{zone}",
                "vpcId": "vpc-other",
            }

    def update(*subnets: str) -> str:
        inputs = {"name": "two", "subnetIds": list(subnets)}
        return refused(lambda: SUBNETS.update(operation(), "two", {}, inputs))

    assert "InvalidSubnet: Some input subnets in :[subnet-x] are invalid." in update("subnet-x")
    assert "InvalidSubnet: The DB subnet group must be in one VPC" in update(
        "subnet-0privatea", "subnet-otherb"
    )
    words = "The new Subnets are not in the same Vpc as the existing subnet group"
    assert words in update("subnet-othera", "subnet-otherb")


def test_security_group_name_is_unique_in_an_existing_vpc() -> None:
    make_security_group("fw")
    said = refused(lambda: make_security_group("fw"))
    assert "InvalidGroup.Duplicate: The security group 'fw' already exists for VPC" in said
    said = refused(lambda: make_security_group(vpc="vpc-none"))
    assert "api error InvalidVpcID.NotFound: The vpc ID 'vpc-none' does not exist" in said


@pytest.mark.parametrize("used_by", ["instance", "rule"])
def test_deletion_waits_for_a_security_group_in_use(used_by: str) -> None:
    id = make_security_group()
    if used_by == "instance":
        make(vpcSecurityGroupIds=[id])
    else:
        port = {"ipProtocol": "tcp", "fromPort": 1, "toPort": 1}
        given = {"securityGroupId": NODES_GROUP, "referencedSecurityGroupId": id} | port
        RULE.create(operation(), given)
    said = refused(lambda: GROUP.delete(operation(timeout=1), id, {}))
    assert f"DependencyViolation: resource {id} has a dependent object" in said
    with REGION.transaction() as data:
        data["instances"], data["rules"] = {}, {}
    GROUP.delete(operation(), id, {})
    assert id not in REGION.read()["securityGroups"]


TCP = {"securityGroupId": NODES_GROUP, "ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432}
CHECKED: list[tuple[Any, dict[str, Any], str]] = [
    (RULE, TCP | {"cidrIpv4": "nonsense"}, "is not a valid IPv4 CIDR block"),
    (RULE, TCP | {"cidrIpv4": "10.0.0.1/8"}, "has host bits set"),
    (RULE, TCP | {"cidrIpv6": "10.0.0.0/8"}, "is not a valid IPv6 CIDR block"),
    (RULE, TCP | {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "foo"}, "ip_protocol"),
    (RULE, TCP | {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "256"}, "ip_protocol"),
    (RULE, TCP | {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"}, "takes no from_port"),
    (RULE, TCP | {"cidrIpv4": "0.0.0.0/0", "toPort": None}, "must be given for tcp and udp"),
    (RULE, TCP | {"cidrIpv4": "0.0.0.0/0", "toPort": 70000}, "between -1 and 65535"),
    (GROUP, {"namePrefix": "x" * 230}, "1 to 229"),
    (GROUP, {"name": "x", "namePrefix": "y"}, '"name": conflicts with name_prefix'),
    (GROUP, {"description": "ä"}, "EC2's characters"),
    (SUBNETS, {"name": "default", "subnetIds": PRIVATE}, "only lowercase"),
    (SUBNETS, {"namePrefix": "x" * 230, "subnetIds": PRIVATE}, "name_prefix"),
    (PARAMETERS, FAMILY | {"name": "1x"}, "invalid value for name"),
    (PARAMETERS, FAMILY | {"name": "a--b"}, "invalid value for name"),
    (PARAMETERS, FAMILY | {"parameters": [parameter("work_mem", "64", "later")]}, "apply_method"),
    (PARAMETERS, FAMILY | {"parameters": [{"name": "work_mem"}]}, '"value" is required'),
]


@pytest.mark.parametrize(("resource", "inputs", "words"), CHECKED)
def test_check_refuses_invalid_inputs(resource: Any, inputs: dict[str, Any], words: str) -> None:
    found = list(problems(inputs, resource.inputs, MESSAGES))
    found = found or list(resource.check(operation(), dict(inputs), {}))
    assert any(words in each.reason for each in found), found


def test_first_port_must_not_exceed_the_last() -> None:
    given = TCP | {"cidrIpv4": "10.0.0.0/8", "fromPort": 5433}
    said = refused(lambda: RULE.create(operation(), given))
    assert "Invalid TCP/UDP port range (5433:5432)" in said


def test_state_is_compared_and_computed_inputs_may_be_omitted() -> None:
    subnets = {"name": "x", "subnetIds": PRIVATE, "description": "d", "tags": {"a": "b"}}
    _, outputs = SUBNETS.create(operation(), subnets)
    state = subnets | outputs
    assert not changes(SUBNETS, state, subnets | {"subnetIds": PRIVATE[::-1]})
    assert not changes(
        SUBNETS, state, {"subnetIds": PRIVATE, "description": "d", "tags": {"a": "b"}}
    )
    assert changes(SUBNETS, state, subnets | {"tags": None}) == {"tags"}
    assert changes(SUBNETS, state | {"subnetIds": PRIVATE[:1]}, subnets) == {"subnetIds"}
    assert changes(SUBNETS, state, subnets | {"name": "y"}) == {"name"}
    assert changes(RULE, TCP, TCP | {"description": "d"}) == {"description"}
    firewall = {"name": "x", "vpcId": outputs["vpcId"], "description": "d"}
    assert not changes(GROUP, firewall | {"region": "us-east-1"}, {"name": "x", "description": "d"})
    assert not changes(GROUP, firewall, firewall | {"revokeRulesOnDelete": False})
    assert not changes(RULE, TCP | {"region": "us-east-1"}, TCP)
    assert changes(RULE, TCP | {"description": "d"}, TCP) == {"description"}
