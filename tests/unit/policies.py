"""Runs the rules of the policy pack on resources, without an engine."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_policy import (
    Policy,
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from policy.rules import POLICIES
from tests.unit.pretend import Engine, generated

UNKNOWN = UNKNOWN_STRING_VALUE
RULES: dict[str, Policy] = {policy.name: policy for policy in POLICIES}
PASSWORD = "random:index/randomPassword:RandomPassword"


@dataclasses.dataclass(frozen=True)
class Asked:
    """A resource as a program asks for it."""

    type: str
    inputs: dict[str, Any]
    name: str = "it"
    protect: bool = False
    outputs: dict[str, Any] | None = None
    """The inputs, unless they are given."""
    scope: str = ""
    """The name of the resource that a lock refers to."""
    refers: str = "scope"
    """The input that refers to it."""

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::coder::{self.type}::{self.name}"

    @property
    def opts(self) -> PolicyResourceOptions:
        timeouts = PolicyCustomTimeouts(0, 0, 0)
        return PolicyResourceOptions(self.protect, [], None, [], timeouts, [])

    def args(self, config: Mapping[str, Any] | None = None) -> ResourceValidationArgs:
        """What a resource policy is given."""
        props = unknown_checking_proxy(self.inputs)
        return ResourceValidationArgs(
            self.type, props, self.urn, self.name, self.opts, None, config
        )

    def of_stack(self) -> PolicyResource:
        """What a stack policy is given, without references to other resources."""
        outputs = self.inputs if self.outputs is None else self.outputs
        props = unknown_checking_proxy(outputs)
        return PolicyResource(self.type, props, self.urn, self.name, self.opts, None, None, [], {})


def judged(
    rule: str, *stack: Asked, config: Mapping[str, Any] | None = None
) -> list[tuple[str, str]]:
    """The names of the resources that violate the rule, each with the line."""
    policy, found = RULES[rule], []
    resources = [asked.of_stack() for asked in stack]
    for asked, resource in zip(stack, resources, strict=True):
        if asked.scope:
            scope = [each for each in resources if each.name == asked.scope]
            resource.property_dependencies[asked.refers] = scope
        # As the engine does, every resource policy sees every resource first.
        for each in POLICIES:
            if isinstance(each, ResourceValidationPolicy):
                report = _reporter(found if each is policy else [], asked.name)
                _run(each, asked.args(config), report)
    if isinstance(policy, StackValidationPolicy):
        names = {each.urn: each.name for each in resources}
        args = StackValidationArgs(resources, config)
        _run(
            policy,
            args,
            lambda line, urn=None: found.append((names.get(urn or "", "unknown"), line)),
        )
    return found


def _reporter(found: list[tuple[str, str]], name: str) -> ReportViolation:
    return lambda line, _=None: found.append((name, line))


def _run(policy: Any, args: Any, report: ReportViolation) -> None:
    """Run it as the SDK does, which says so where a value is unknown."""
    try:
        policy.validate(args, report)
    except UnknownValueError:
        report("unknown", args.urn if isinstance(args, ResourceValidationArgs) else "")


def asked_by(engine: Engine) -> Iterable[Asked]:
    """What a program that ran with mocks has asked for."""
    names = {each.urn: each.name for each in engine.asked}
    for each in engine.asked:
        outputs = None
        if each.type == PASSWORD:
            outputs = {"result": generated(each.name, each.inputs.get("keepers") or {})}
        lock = "ManagementLock" in each.type
        scope = next((names[urn] for urn in each.dependencies if lock and urn in names), "")
        yield Asked(each.type, each.plain, each.name, each.protect, outputs, scope)
