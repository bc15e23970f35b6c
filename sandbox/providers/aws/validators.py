"""The validators of the provider's arguments, each with the provider's message.

https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/rds/instance.go,
internal/service/rds/validate.go, internal/verify/validate.go, internal/types/timestamp
"""

import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

Validator = Callable[[str, Any], Iterator[str]]
"""Takes the argument's name in the provider and its value; yields messages."""
_TIME = r"([0-1][0-9]|2[0-3]):([0-5][0-9])"
_WEEKLY = rf"(sun|mon|tue|wed|thu|fri|sat):{_TIME}"
_RFC3339 = "2006-01-02T15:04:05Z07:00"
_INSIGHTS_DAYS = (7, 731)


def identifier(name: str, value: str) -> Iterator[str]:
    """The name of an instance; only RDS limits its length."""
    if not re.fullmatch("[0-9a-z-]+", value):
        yield f'only lowercase alphanumeric characters and hyphens allowed in "{name}"'
    if not re.match("[a-z]", value):
        yield f'first character of "{name}" must be a letter'
    if "--" in value:
        yield f'"{name}" cannot contain two consecutive hyphens'
    if value.endswith("-"):
        yield f'"{name}" cannot end with a hyphen'


def snapshot(name: str, value: str) -> Iterator[str]:
    """The name of a final snapshot."""
    if not re.match("[A-Za-z]", value):
        yield f"invalid value for {name} (must begin with alphabetic character)"
    if not re.fullmatch("[0-9A-Za-z-]+", value):
        yield f"invalid value for {name} (must only contain alphanumeric characters and hyphens)"
    if "--" in value:
        yield f"invalid value for {name} (cannot contain two consecutive hyphens)"
    if value.endswith("-"):
        yield f"invalid value for {name} (cannot end in a hyphen)"


def arn(name: str, value: str) -> Iterator[str]:
    """An Amazon Resource Name; an empty one is accepted."""
    sections = value.split(":", 5)
    if not value:
        return
    invalid = f'"{name}" ({value}) is an invalid ARN'
    if sections[0] != "arn":
        yield f"{invalid}: arn: invalid prefix"
        return
    if len(sections) < 6:
        yield f"{invalid}: arn: not enough sections"
        return
    _, partition, _, region, account, resource = sections
    for noun, part, pattern, optional in (
        ("partition", partition, r"^aws(-[a-z]+)*$", False),
        ("region", region, r"^[a-z]{2}(-[a-z]+)+-\d{1,2}$", True),
        ("account ID", account, r"^(aws|aws-managed|third-party|\d{12}|cw.{10})$", True),
        ("resource", resource, ".", False),
    ):
        if not part and not optional:
            yield f"{invalid}: missing {noun} value"
        elif part and not re.search(pattern, part):
            yield (
                f"{invalid}: invalid {noun} value (expecting to match regular expression: "
                f"{pattern})"
            )


def daily_window(name: str, value: str) -> Iterator[str]:
    """The backup window."""
    if value and not re.fullmatch(f"{_TIME}-{_TIME}", value):
        yield f'({value}) must satisfy the format of "hh24:mi-hh24:mi"'


def weekly_window(name: str, value: str) -> Iterator[str]:
    """The maintenance window, in upper or lower case."""
    window = value.lower()
    if window and not re.fullmatch(f"{_WEEKLY}-{_WEEKLY}", window):
        yield f'({window}) must satisfy the format of "ddd:hh24:mi-ddd:hh24:mi"'


def utc_timestamp(name: str, value: str) -> Iterator[str]:
    """A time as RFC 3339 spells it."""
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", value):
            raise ValueError
        datetime.datetime.fromisoformat(value)
    except ValueError:
        yield (
            f'must be in RFC3339 time format "{_RFC3339}". Example: parsing time "{value}" as '
            f'"{_RFC3339}"'
        )


def backup_days(name: str, value: int) -> Iterator[str]:
    """The retention of backups."""
    if not 0 <= value <= 35:
        yield f"expected {name} to be in the range (0 - 35), got {value}"


def insights_days(name: str, value: int) -> Iterator[str]:
    """The retention of Performance Insights: a value that fits no rule is told all of them."""
    if value in _INSIGHTS_DAYS or (7 <= value <= 731 and value % 31 == 0):
        return
    yield f"expected {name} to be one of [7 731], got {value}"
    if value < 7:
        yield f"expected {name} to be at least (7), got {value}"
    if value > 731:
        yield f"expected {name} to be at most (731), got {value}"
    if value % 31:
        yield f"expected {name} to be divisible by 31, got: {value}"


OF_INSTANCE: dict[str, Validator] = {
    "backupRetentionPeriod": backup_days,
    "backupWindow": daily_window,
    "finalSnapshotIdentifier": snapshot,
    "identifier": identifier,
    "kmsKeyId": arn,
    "maintenanceWindow": weekly_window,
    "monitoringRoleArn": arn,
    "performanceInsightsKmsKeyId": arn,
    "performanceInsightsRetentionPeriod": insights_days,
}
"""The validators of an instance's inputs that are more than a list of values."""
