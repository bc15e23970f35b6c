"""Which login has the password of which generation, and which changes of generation are safe."""

from collections.abc import Mapping
from typing import Any

ANNOTATION = "coder/password-generation"
COLOURS = ("blue", "green")
"""The suffixes of the logins' names."""


def colour(generation: int) -> str:
    """The login in use: blue in odd generations, green in even ones."""
    return "blue" if generation % 2 else "green"


def by_colour(generation: int) -> dict[str, int]:
    """The generation of each login's password; the idle login has the previous one."""
    previous = generation - 1
    return {colour(generation): generation, colour(previous): previous}


def refuse_skipped_generation(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """Refuse a generation that would change the password of the login in use."""
    before = ((old.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION)
    if before is None:  # a Namespace that was imported
        return None
    was, wanted = int(before), int(new["metadata"]["annotations"][ANNOTATION])
    if wanted in (was, was + 1):
        return None
    return (
        f"passwordGeneration: is {wanted} and was {was}, must be {was} or {was + 1}: only the idle "
        f"login's password may change; type `pulumi config set passwordGeneration {was + 1}`"
    )
