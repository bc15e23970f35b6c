"""Look-ups of which the SDKs' own functions are not capable, or too slow to import."""

from collections.abc import Mapping
from importlib import metadata
from typing import Any, TypeVar

import pulumi

from components import recorded
from components.server.discovery import DiscoveryFailed, Lookup, lookup

T = TypeVar("T")


def recorded_state(stack: str) -> Lookup[Mapping[str, Mapping[str, Any]]]:
    """The outputs of each resource in the state of `project/stack`, by URN."""
    return lookup(f"The state of {stack}", recorded.resources, stack=stack)


def by_token(
    question: str, distribution: str, token: str, **arguments: str
) -> Lookup[Mapping[str, Any]]:
    """A look-up by its token, for a module of an SDK that takes a second or more to import."""
    # The version selects the provider that the resources have, too.
    options = pulumi.InvokeOptions(version=metadata.version(distribution))
    found = lookup(question, pulumi.runtime.invoke, tok=token, props=arguments, opts=options)
    return lambda: found().value or {}


def if_exists(found: Lookup[T], missing: str) -> Lookup[T | None]:
    """The answer, or None if the error is that the object is `missing`, in the cloud's words."""

    def answer() -> T | None:
        try:
            return found()
        except DiscoveryFailed as failed:
            if all(missing in line for line in failed.lines):
                return None
            raise

    return answer
