"""The latency of the database is measured wherever the stack is protected."""

from collections.abc import Iterator

from pulumi_policy import PolicyResource

from .policies import inputs_of, stack_policy
from .workloads import environment, is_coder

VARIABLE = "LATENCY_GATE"
"""Of the Job that measures; `off` switches the measurement off."""
CURE = "type `pulumi config set latencyGate enforce`, or warn"


def check(resource: PolicyResource, stack: list[PolicyResource]) -> Iterator[str]:
    """A line for a protected release of Coder whose database nothing measures."""
    if not is_coder(resource.resource_type, inputs_of(resource)) or not resource.opts.protect:
        return
    gates = {
        job.name: value
        for job in stack
        for _, name, value in environment(job.resource_type, inputs_of(job))
        if name == VARIABLE
    }
    if not gates:
        yield f"no Job with {VARIABLE} measures the database's latency; add the preflight Job"
    for job, value in sorted(gates.items()):
        if value == "off":
            yield f"{VARIABLE} of {job}: is off, and the release is protected; {CURE}"


POLICY = stack_policy(
    "latency-gate",
    "The latency of the database is measured in protected stacks.",
    check,
)
