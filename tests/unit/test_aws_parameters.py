"""`server.parameters`: how RDS spells them, what it refuses, and which need a reboot."""

from typing import Any
from unittest import mock

import pulumi
import pytest

from components.aws.parameter_rules import apply_method, problems, rds_strings
from components.server.postgres_settings import settings_of
from tests.unit.aws import Aws

SPELLED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"random_page_cost": 1.1}, {"random_page_cost": "1.1"}),
    ({"random_page_cost": 2.0}, {"random_page_cost": "2"}),
    ({"max_connections": 500.0}, {"max_connections": "500"}),
    ({"autovacuum": True}, {"autovacuum": "1"}),
    ({"autovacuum": "off"}, {"autovacuum": "0"}),
    ({"autovacuum": "on"}, {"autovacuum": "1"}),
    ({"autovacuum": "False"}, {"autovacuum": "0"}),
    ({"synchronous_commit": False}, {"synchronous_commit": "off"}),
    ({"synchronous_commit": 1}, {"synchronous_commit": "on"}),
    ({"synchronous_commit": "remote_write"}, {"synchronous_commit": "remote_write"}),
    ({"rds": {"force_ssl": "on"}}, {"rds.force_ssl": "1"}),
    ({"pgaudit": {"log": "all", "log_catalog": True}},
     {"pgaudit.log": "all", "pgaudit.log_catalog": "1"}),
    ({"log_line_prefix": "on"}, {"log_line_prefix": "on"}),
    ({"auto_explain.log_min_duration": -1}, {"auto_explain.log_min_duration": "-1"}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "sent"), SPELLED)
def test_values_are_spelled_as_rds_does(given: dict[str, Any], sent: dict[str, str]) -> None:
    assert rds_strings(given) == sent
    assert list(problems(17, given)) == []


REFUSED: list[tuple[str, Any, str]] = [
    ("work_mme", 64, "PostgreSQL 17 has no such parameter; did you mean work_mem?"),
    ("zzz", 64, "PostgreSQL 17 has no such parameter"),
    ("work_mem", "64MB",
     'is "64MB", must be a whole number from 64 to 2147483647, without a unit'),
    ("work_mem", 1, 'is "1", must be a whole number from 64 to 2147483647, without a unit'),
    ("checkpoint_completion_target", 1.5, 'is "1.5", must be a number from 0 to 1, without a unit'),
    ("log_statement", "everything", 'is "everything", must be one of none, ddl, mod, all'),
    ("autovacuum", "maybe", 'is "maybe", must be one of 0, 1'),
    ("wal_level", "logical", "RDS sets it itself; set rds.logical_replication to 1 instead"),
    ("fsync", False, "RDS sets it itself; remove it"),
    ("server_version", "18", "RDS sets it itself; remove it"),
    ("rds.log_retention_period", 1,
     'is "1", must be a whole number from 1440 to 10080, without a unit'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "words"), REFUSED)
def test_parameter_that_rds_refuses_is_one_line_at_preview(
    name: str, value: Any, words: str
) -> None:
    (line,) = Aws().refuses(server={"parameters": {name: value}})
    assert line == f"server.parameters.{name}: {words}"


def test_number_with_a_fraction_reaches_the_parameter_group() -> None:
    cloud = Aws()
    cloud.run(
        server={"parameters": {"random_page_cost": 1.1, "rds": {"log_retention_period": 1440}}}
    )
    assert {
        each["name"]: each["value"]
        for each in cloud.named("postgres-parameters").plain["parameters"]
    } == {"random_page_cost": "1.1", "rds.log_retention_period": "1440"}


def test_formula_and_parameters_of_extensions_are_left_to_rds() -> None:
    given = {
        "shared_buffers": "{DBInstanceClassMemory/32768}",
        "max_connections": "LEAST({DBInstanceClassMemory/9531392},5000)",
        "cron.max_running_jobs": "5",
        "rds.a_new_one": "x",
    }
    assert list(problems(17, given)) == []


def test_parameter_of_another_major_version_is_refused() -> None:
    assert list(problems(18, {"io_method": "worker"})) == []
    (line,) = problems(17, {"io_method": "worker"})
    assert line.startswith("server.parameters.io_method: PostgreSQL 17 has no such parameter")


def test_versions_outside_of_the_table_have_the_nearest_settings() -> None:
    assert settings_of(14) == settings_of(15)
    assert settings_of(99) == settings_of(18)


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("rds.force_ssl", "immediate"),
        ("rds.log_retention_period", "immediate"),
        ("rds.logical_replication", "pending-reboot"),
        ("rds.a_new_one", "pending-reboot"),
        ("max_connections", "pending-reboot"),
        ("cluster_name", "pending-reboot"),
        ("autovacuum_max_workers", "pending-reboot"),  # until version 18
        ("work_mem", "immediate"),
    ],
)
def test_only_static_parameters_wait_for_a_reboot(name: str, method: str) -> None:
    assert apply_method(name) == method


def test_dynamic_parameter_of_rds_announces_no_reboot() -> None:
    cloud = Aws()
    given = {"rds.log_retention_period": 1440, "rds.logical_replication": 1}
    cloud.run(running={}, server={"parameters": given})
    group = cloud.named("postgres-parameters")
    (hook,) = group.hooks["before_update"]

    def said(name: str, value: str) -> list[str]:
        # As earlier versions of this program wrote it into the state.
        old = [each | {"applyMethod": "pending-reboot"} for each in group.plain["parameters"]]
        new = [each | ({"value": value} if each["name"] == name else {}) for each in old]
        call = pulumi.ResourceHookArgs(
            *("urn", "id", "name", "type"),
            new_inputs={"parameters": new},
            old_inputs={"parameters": old},
        )
        with mock.patch("pulumi.info") as info:
            cloud.hooks[hook].callback(call)
        return [each.args[0] for each in info.call_args_list]

    assert said("rds.log_retention_period", "2880") == []
    (line,) = said("rds.logical_replication", "0")
    assert "(rds.logical_replication)" in line


def test_value_that_is_a_list_is_refused() -> None:
    (line,) = Aws().refuses(server={"parameters": {"pgaudit": {"log": [1]}}})
    assert line == "server.parameters.pgaudit.log: is [1], must be a string or a number"
