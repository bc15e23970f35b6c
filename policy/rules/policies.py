"""Makes policies of checks: generators with a line for each violation."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

Properties = Mapping[str, Any]
REASON = {"reason": {"type": "string", "description": "Why the rule is relaxed; not evaluated"}}
"""A property of each policy's configuration, because JSON has no comments."""
_inputs: dict[str, Properties] = {}
"""What the program asks for, by URN. A stack policy is given outputs, which the preview of some
changes lacks. Each resource policy notes the inputs, because any of them may be disabled."""


def inputs_of(resource: PolicyResource) -> Properties:
    """The inputs of a resource in a stack policy; outputs if all others are disabled."""
    return _inputs.get(resource.urn, resource.props)


def resource_policy(
    name: str,
    description: str,
    check: Callable[[ResourceValidationArgs], Iterator[str]],
    config: Mapping[str, dict[str, Any]] | None = None,
) -> ResourceValidationPolicy:
    """A mandatory policy that judges each resource by its inputs, before it is changed."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        _inputs[args.urn] = args.props
        for line in check(args):
            report(line, None)

    return ResourceValidationPolicy(
        name=name,
        description=description,
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=PolicyConfigSchema({**(config or {}), **REASON}),
    )


def stack_policy(
    name: str,
    description: str,
    check: Callable[[PolicyResource, list[PolicyResource]], Iterator[str]],
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> StackValidationPolicy:
    """A policy that judges each resource beside all others of the stack."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        unknown: list[UnknownValueError] = []
        for resource in args.resources:
            try:
                for line in check(resource, args.resources):
                    report(line, resource.urn)
            except UnknownValueError as error:
                unknown.append(error)
        if unknown:  # said once all other resources have been judged
            raise unknown[0]

    return StackValidationPolicy(
        name=name,
        description=description,
        validate=validate,
        enforcement_level=level,
        config_schema=PolicyConfigSchema(dict(REASON)),
    )
