"""What a stack's own state records at this moment."""

from collections.abc import Mapping
from typing import Any

import pulumi

STATE = "pulumi:pulumi:readStackResourceOutputs"
"""The engine's function that reads the state of a stack."""


def resources(stack: str) -> Mapping[str, Mapping[str, Any]]:
    """The outputs of each resource of `project/stack`, by URN."""
    answer = pulumi.runtime.invoke(
        STATE,
        {"stackName": f"{pulumi.get_organization()}/{stack}"},
    )
    return {urn: each["outputs"] for urn, each in answer.value["outputs"].items()}
