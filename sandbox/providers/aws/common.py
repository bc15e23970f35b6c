"""What all resources of AWS have alike: names, tags and the words of Terraform's checks."""

import re
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.errors import ApiError
from sandbox.providers.framework.provider import (
    UNKNOWN,
    Input,
    Inputs,
    Operation,
    Problem,
    Resource,
    autoname,
)
from sandbox.providers.framework.validation import snake
from sandbox.providers.framework.values import Path, at

TAGS = Input("map", items="string")
REGION = Input("string", replaces=True)
DESCRIPTION = "Managed by Pulumi"
NAMED: Inputs = {
    "name": Input("string", replaces=True),
    "namePrefix": Input("string", replaces=True),
    "region": REGION,
    "tags": TAGS,
}
"""The inputs of what goes by a name."""


class Bridged(Resource):
    """A resource of the Terraform provider, which compares its state with the new inputs."""

    computed: ClassVar[frozenset[str]] = frozenset()
    """Inputs that AWS fills in where they are not given; to take one away changes nothing."""

    def before(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        """What the state says of all inputs."""
        return {key: state[key] for key in self.inputs if key in state}

    def differs(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Terraform tells no empty value from one that is not given."""
        was, wanted = at(old, path), at(new, path)
        return bool(wanted) or (bool(was) and path[0] not in self.computed)

    def inputs_of(self, state: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        """An import takes no empty value for given."""
        found = super().inputs_of(state, old)
        return found if old else {key: each for key, each in found.items() if each or each == 0}

    def preview_create(self, op: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        """What AWS fills in is not known before."""
        unknown = dict.fromkeys((*self.outputs, *self.computed), UNKNOWN)
        return {**unknown, **{key: value for key, value in inputs.items() if value is not None}}


def name(op: Operation, inputs: dict[str, Any], old: Mapping[str, Any]) -> Iterator[Problem]:
    """Fill in a name where neither it nor a prefix is given; refuse both."""
    if inputs.get("name") is None and inputs.get("namePrefix") is None:
        inputs["name"] = autoname(op, old.get("name"))
    yield from conflicts(op, inputs, ("name", "namePrefix"))


def given_name(inputs: Mapping[str, Any]) -> str:
    """The name given, or one made of the prefix."""
    stamp = f"{time.time_ns():x}"[:16] + secrets.token_hex(5)
    return inputs.get("name") or f"{inputs['namePrefix']}{stamp[:26]}"


def tags_all(op: Operation, inputs: Mapping[str, Any]) -> dict[str, str]:
    """The resource's tags on top of the provider's own; raises what the API says of them."""
    defaults = (op.config.get("defaultTags") or {}).get("tags", {})
    found: dict[str, str] = {**defaults, **(inputs.get("tags") or {})}
    if len(found) > 50:
        raise ApiError("TagLimitExceeded", "The maximum number of tags for a resource is 50")
    for key, value in found.items():
        if key.lower().startswith("aws:"):
            raise ApiError(
                "InvalidParameterValue",
                f"Tag keys starting with 'aws:' are reserved for internal use: {key}",
            )
        if not re.fullmatch(r"[\w .:/=+\-@]{1,128}", key):
            raise ApiError("InvalidParameterValue", f"Invalid tag key: {key}")
        if not re.fullmatch(r"[\w .:/=+\-@]{0,256}", value):
            raise ApiError("InvalidParameterValue", f"Invalid tag value: {value}")
    return found


def problem(op: Operation, key: str, text: str) -> Problem:
    """What the provider's own check says of one argument."""
    return Problem("", f"{text}. Examine values at '{op.name}.{key}'.")


def conflicts(
    op: Operation, inputs: Mapping[str, Any], *pairs: tuple[str, str]
) -> Iterator[Problem]:
    """Arguments that may not be given together."""
    for one, other in pairs:
        if inputs.get(one) is not None and inputs.get(other) is not None:
            detail = f'"{snake(one)}": conflicts with {snake(other)}'
            yield problem(op, one, f"Conflicting configuration arguments. {detail}")


def unmatched(
    op: Operation, inputs: Mapping[str, Any], key: str, pattern: str, text: str
) -> Iterator[Problem]:
    """A string that is not of the pattern, where it is known by now."""
    value = inputs.get(key)
    if isinstance(value, str) and value != UNKNOWN and not re.fullmatch(pattern, value):
        yield problem(op, key, f'invalid value for {snake(key)} ({text}): "{value}"')


def not_among(
    op: Operation, inputs: Mapping[str, Any], key: str, allowed: tuple[Any, ...]
) -> Iterator[Problem]:
    """A value that is none of those allowed, where it is known by now."""
    value = inputs.get(key)
    if value is not None and value != UNKNOWN and value not in allowed:
        listed = " ".join(f'"{each}"' for each in allowed)
        yield problem(op, key, f"expected {snake(key)} to be one of [{listed}], got {value}")
