"""Checks of an instance's inputs that the provider makes itself, before any API call."""

from collections.abc import Iterator

from sandbox.providers.aws import instance_schema, instance_state, validators
from sandbox.providers.aws.account import Data
from sandbox.providers.bridged.checks import conflicts, one_of, problem
from sandbox.providers.bridged.messages import snake
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import UNKNOWN

_SUPPORT = "open-source-rds-extended-support"
_LOGS = ("postgresql", "upgrade", "iam-db-auth-error")
_RESTORE = "restoreToPointInTime"


def problems(op: Operation, inputs: Data) -> Iterator[Problem]:
    """All problems that the engine's Check call reports."""
    for key in sorted(instance_schema.NOT_SIMULATED & inputs.keys()):
        if inputs[key] and inputs[key] != instance_state.UNSET.get(key):
            yield problem(op, key, f"not simulated: setting {key} is an error")
    yield from one_of(op, inputs, "engine", ("postgres", "Postgres", "POSTGRES"))
    for key, validator in validators.OF_INSTANCE.items():
        yield from _invalid(op, key, validator, inputs.get(key))
    yield from conflicts(
        op,
        inputs,
        ("snapshotIdentifier", _RESTORE),
        ("dbName", "replicateSourceDb"),
    )
    yield from _restore(op, inputs.get(_RESTORE))
    yield from one_of(op, inputs, "databaseInsightsMode", ("standard", "advanced"))
    yield from one_of(op, inputs, "networkType", ("IPV4", "DUAL"))
    yield from one_of(op, inputs, "engineLifecycleSupport", (_SUPPORT, f"{_SUPPORT}-disabled"))
    yield from one_of(op, inputs, "monitoringInterval", (0, 1, 5, 10, 15, 30, 60))
    for each in inputs.get("enabledCloudwatchLogsExports") or []:
        if each not in _LOGS:
            yield problem(op, "enabledCloudwatchLogsExports", f"no log of PostgreSQL: {each}")


def _invalid(
    op: Operation, path: str, validator: validators.Validator, value: object
) -> Iterator[Problem]:
    if value is not None and value != UNKNOWN:
        for message in validator(snake(path), value):
            yield problem(op, path, message)


def _restore(op: Operation, moment: Data | None) -> Iterator[Problem]:
    """The time of a restore: not malformed, and not beside the latest one."""
    time, latest = "restoreTime", "useLatestRestorableTime"
    given = moment if isinstance(moment, dict) else {}
    yield from _invalid(op, f"{_RESTORE}.{time}", validators.utc_timestamp, given.get(time))
    if given.get(time) is None or given.get(latest) is None:
        return
    for one, other in ((time, latest), (latest, time)):
        names = [f"{snake(_RESTORE)}.0.{snake(each)}" for each in (one, other)]
        said = f'Conflicting configuration arguments. "{names[0]}": conflicts with {names[1]}'
        yield problem(op, f"{_RESTORE}.{one}", said)
