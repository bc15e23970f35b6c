"""Checks of an instance's inputs that the provider makes itself, before any API call."""

from collections.abc import Iterator

from sandbox.providers.aws import instance_schema, instance_state
from sandbox.providers.aws.account import Data
from sandbox.providers.bridged.checks import conflicts, matches, one_of, problem
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem

ARN = r"arn:[^:]+:[^:]+:[^:]*:(\d{12})?:.+"
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_DAY = "(mon|tue|wed|thu|fri|sat|sun|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_SUPPORT = "open-source-rds-extended-support"
_LOGS = ("postgresql", "upgrade", "iam-db-auth-error")


def problems(op: Operation, inputs: Data) -> Iterator[Problem]:
    """All problems that the engine's Check call reports."""
    for key in sorted(instance_schema.NOT_SIMULATED & inputs.keys()):
        if inputs[key] and inputs[key] != instance_state.UNSET.get(key):
            yield problem(op, key, f"not simulated: setting {key} is an error")
    yield from one_of(op, inputs, "engine", ("postgres", "Postgres", "POSTGRES"))
    for key in ("kmsKeyId", "performanceInsightsKmsKeyId", "monitoringRoleArn"):
        yield from matches(op, inputs, key, ARN, "an invalid ARN")
    yield from conflicts(
        op,
        inputs,
        ("snapshotIdentifier", "restoreToPointInTime"),
        ("dbName", "replicateSourceDb"),
    )
    yield from _names(op, inputs)
    yield from _windows(op, inputs)
    yield from one_of(op, inputs, "databaseInsightsMode", ("standard", "advanced"))
    yield from one_of(op, inputs, "networkType", ("IPV4", "DUAL"))
    yield from one_of(op, inputs, "engineLifecycleSupport", (_SUPPORT, f"{_SUPPORT}-disabled"))
    yield from one_of(op, inputs, "monitoringInterval", (0, 1, 5, 10, 15, 30, 60))
    for each in inputs.get("enabledCloudwatchLogsExports") or []:
        if each not in _LOGS:
            yield problem(op, "enabledCloudwatchLogsExports", f"no log of PostgreSQL: {each}")


def _names(op: Operation, inputs: Data) -> Iterator[Problem]:
    for key, noun, first, more in (
        ("identifier", "identifier", "a-z", 62),
        ("finalSnapshotIdentifier", "snapshot", "A-Za-z", 254),
    ):
        pattern = rf"(?!.*--)[{first}][0-9{first}-]{{0,{more}}}(?<!-)"
        yield from matches(op, inputs, key, pattern, f"no {noun} of RDS")


def _windows(op: Operation, inputs: Data) -> Iterator[Problem]:
    daily, weekly = f"{_TIME}-{_TIME}", f"{_DAY}:{_TIME}-{_DAY}:{_TIME}"
    yield from matches(op, inputs, "backupWindow", daily, "hh24:mi-hh24:mi")
    yield from matches(op, inputs, "maintenanceWindow", weekly, "ddd:hh24:mi-ddd:hh24:mi")
