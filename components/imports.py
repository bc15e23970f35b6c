"""The commands that take into a stack's state what exists already."""

import shlex

import pulumi

FIRST_IN_A_NEW_STACK = "pulumi up --target '**::cluster' --target '**coder:*:*::*'"
"""Puts the provider and the components, of which nothing is made, into the state: an import needs
its parent there."""


def stack_of(call: pulumi.ResourceHookArgs) -> str:
    """The stack, as `project/stack`."""
    stack, project, *_ = call.urn.removeprefix("urn:pulumi:").split("::")
    return f"{project}/{stack}"


def recovery_command(call: pulumi.ResourceHookArgs) -> str:
    """Repairs the stack of this call after a killed update."""
    return f"`python -m recovery --stack {stack_of(call).rpartition('/')[2]}`"


def import_command(
    call: pulumi.ResourceHookArgs,
    identifier: str,
    parent: str,
    provider: pulumi.ProviderResource | None = None,
    *,
    protect: bool = True,
) -> str:
    """Imports the resource of this call as a child of the component `parent`.

    Without the parent and the provider of the program, the engine would take what is imported for
    another resource.
    """
    stack, project, types = call.urn.split("::")[:3]
    owner = f"{stack}::{project}::{types.rpartition('$')[0]}::{parent}"
    words = ["pulumi", "import", call.type, call.name, identifier, "--parent", f"{parent}={owner}"]
    if provider:
        # A provider has no parent but the stack, which no URN names.
        name, package = provider.pulumi_resource_name, call.type.partition(":")[0]
        urn = f"{stack}::{project}::pulumi:providers:{package}::{name}"
        words += ["--provider", f"{name}={urn}"]
    words += [] if protect else ["--protect=false"]
    return shlex.join([*words, "--generate-code=false"])
