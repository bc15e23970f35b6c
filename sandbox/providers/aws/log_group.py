"""Log groups of CloudWatch Logs; what is written to them is not simulated."""

from collections.abc import Iterable

from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import ApiError, failure
from sandbox.providers.aws.region import Region
from sandbox.providers.aws.tags import tags_all
from sandbox.providers.bridged.checks import matches, one_of, problem
from sandbox.providers.bridged.naming import chosen_name, fill_name
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.framework import sdk
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem

SERVICE = "CloudWatch Logs"
KINDS = "logGroups"
RETENTIONS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
NOT_SIMULATED = ("deletionProtectionEnabled", "kmsKeyId", "logGroupClass", "skipDestroy")


class LogGroup(BridgedResource):
    """A log group: a name and how long logs are kept."""

    type = "aws:cloudwatch/logGroup:LogGroup"
    inputs, outputs, computed = sdk.resource(
        type, replaces=("logGroupClass", "name", "namePrefix", "region")
    )

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        yield from fill_name(op, inputs, old)
        yield from matches(op, inputs, "name", r"[\w\-./#]{1,512}", "a name of CloudWatch Logs")
        yield from one_of(op, inputs, "retentionInDays", RETENTIONS)
        for key in NOT_SIMULATED:
            if inputs.get(key):
                yield problem(op, key, f"not simulated: setting {key} is an error")

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        region, name = Region.of(op, inputs), chosen_name(inputs)
        try:
            with region.transaction() as data:
                if name in data.setdefault(KINDS, {}):
                    raise ApiError(
                        "ResourceAlreadyExistsException", "The specified log group already exists"
                    )
                found = data[KINDS][name] = _described(op, region, name, inputs)
        except ApiError as error:
            doing = f"creating {SERVICE} Log Group ({name})"
            raise failure(doing, "CreateLogGroup", error, SERVICE) from None
        return name, found

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        return Region.of(op, state).read().get(KINDS, {}).get(id)

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        region = Region.of(op, inputs)
        try:
            with region.transaction() as data:
                if id not in data.setdefault(KINDS, {}):
                    raise ApiError(
                        "ResourceNotFoundException", "The specified log group does not exist."
                    )
                found = data[KINDS][id] = _described(op, region, id, inputs)
        except ApiError as error:
            doing = f"updating {SERVICE} Log Group ({id})"
            raise failure(doing, "PutRetentionPolicy", error, SERVICE) from None
        return found

    def delete(self, op: Operation, id: str, state: Data) -> None:
        with Region.of(op, state).transaction() as data:
            data.setdefault(KINDS, {}).pop(id, None)


def written_by_rds(data: Data, region: Region, instance: Data) -> None:
    """RDS makes the log groups that are missing, and keeps their logs for ever."""
    for log in instance["enabledCloudwatchLogsExports"]:
        name = f"/aws/rds/instance/{instance['identifier']}/{log}"
        data.setdefault(KINDS, {}).setdefault(name, _record(region, name, 0, {}, {}))


def _described(op: Operation, region: Region, name: str, inputs: Data) -> Data:
    tags = inputs.get("tags") or {}
    return _record(region, name, inputs.get("retentionInDays") or 0, tags, tags_all(op, inputs))


def _record(
    region: Region, name: str, retention: int, tags: dict[str, str], all_tags: dict[str, str]
) -> Data:
    return {
        "arn": region.arn("logs", f"log-group:{name}"),
        "deletionProtectionEnabled": False,
        "kmsKeyId": "",
        "logGroupClass": "STANDARD",
        "name": name,
        "namePrefix": "",
        "region": region.scope,
        "retentionInDays": retention,
        "skipDestroy": False,
        "tags": tags,
        "tagsAll": all_tags,
    }
