"""What the stack's state records of the live instance."""

import dataclasses

from components.server.discovery import Lookup
from components.server.lookups import recorded_state

_LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup::"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedInstance:
    """What only the state tells; the instance itself does not."""

    engine_version: str = ""
    """Empty if the state does not have the instance."""
    has_log_groups: bool = False
    """Whether this program made the log groups; RDS makes those that are missing."""


def recorded_instance(stack: str, identifier: str) -> Lookup[RecordedInstance]:
    """The record of the instance in the stack's own state."""
    found = recorded_state(stack)

    def answer() -> RecordedInstance:
        resources = found()
        versions = [
            str(each.get("engineVersion") or "")
            for each in resources.values()
            if each.get("identifier") == identifier
        ]
        return RecordedInstance(
            engine_version=versions[0] if versions else "",
            has_log_groups=any(_LOG_GROUP in urn for urn in resources),
        )

    return answer
