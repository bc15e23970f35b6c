"""The outputs of a Coder stack, typed and checked; a file to copy."""

import re
import typing
from collections.abc import Mapping
from typing import Any

import pulumi

CONTRACT_VERSION = 1
"""The newest version of the contract that this file knows."""


class CoderStack:
    """The outputs of the stack `<organization>/coder/<stack>`.

    All are plain. `database_user` and `password_secret_name` change at each rotation. What each one
    is, README.md of the Coder program says.
    """

    access_url: pulumi.Output[str]
    address: pulumi.Output[str]
    service_port: pulumi.Output[int]
    namespace: pulumi.Output[str]
    database_host: pulumi.Output[str]
    database_port: pulumi.Output[int]
    database_name: pulumi.Output[str]
    database_user: pulumi.Output[str]
    database_ssl_mode: pulumi.Output[str]
    password_secret_name: pulumi.Output[str]
    database_version: pulumi.Output[int]
    database_zone: pulumi.Output[str]
    database_live_zone: pulumi.Output[str]
    database_id: pulumi.Output[str]
    database_firewall_id: pulumi.Output[str]
    chart: pulumi.Output[str]
    chart_version: pulumi.Output[str]

    def __init__(self, name: str) -> None:
        # A stack that does not exist is refused by the engine, in one line that names it.
        found = pulumi.StackReference(name).outputs
        checked = found.apply(lambda outputs: check(name, outputs))
        for attribute in OUTPUTS:
            setattr(self, attribute, checked.apply(lambda values, key=attribute: values[key]))


def _camel(attribute: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), attribute)


OUTPUTS: dict[str, type] = {
    attribute: typing.get_args(hint)[0]
    for attribute, hint in typing.get_type_hints(CoderStack).items()
}
"""The type of each output, by the attribute."""


def check(name: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs by their attributes; raises a RunError of one line where they can't be used."""
    if not outputs:
        raise pulumi.RunError(f"stack {name} has no outputs: it is not up; run `pulumi up` in it")
    version = outputs.get("contractVersion")
    if not isinstance(version, int | float):
        raise pulumi.RunError(f"stack {name} has no contractVersion: it is no stack of Coder")
    if version > CONTRACT_VERSION:
        raise pulumi.RunError(
            f"stack {name} has contractVersion {version:g}, and this program knows "
            f"{CONTRACT_VERSION}; take coder_stack.py from the Coder program that made the stack"
        )
    missing = [_camel(attribute) for attribute in OUTPUTS if _camel(attribute) not in outputs]
    if missing:
        raise pulumi.RunError(
            f"stack {name} lacks the outputs {', '.join(missing)}; run `pulumi up` in it with a "
            "newer version of the Coder program"
        )
    return {
        attribute: _typed(name, _camel(attribute), outputs[_camel(attribute)], kind)
        for attribute, kind in OUTPUTS.items()
    }


def _typed(name: str, output: str, value: Any, kind: type) -> Any:
    # The engine passes every number as a float.
    given = int(value) if isinstance(value, float) and value.is_integer() else value
    if type(given) is not kind:
        noun = "an integer" if kind is int else "a string"
        raise pulumi.RunError(f"stack {name}: {output} is {value!r}, must be {noun}")
    return given
