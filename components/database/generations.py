"""Which login has the password of which generation, and which changes of generation are safe."""

from collections.abc import Iterator, Mapping
from typing import Any

ANNOTATION = "coder/password-generation"
KEEPER = "generation"
"""The keeper of a password: another value generates another one."""
DATABASE = "coder:postgres:Database$"
"""Begins, in a URN, the types of the children of the component Database."""
PASSWORD = f"{DATABASE}random:index/randomPassword:RandomPassword::"
"""In the URN of the password of a login."""
COLOURS = ("blue", "green")
"""The suffixes of the logins' names."""


def colour(generation: int) -> str:
    """The login in use: blue in odd generations, green in even ones."""
    return "blue" if generation % 2 else "green"


def by_colour(generation: int) -> dict[str, int]:
    """The generation of each login's password; the idle login has the previous one."""
    previous = generation - 1
    return {colour(generation): generation, colour(previous): previous}


def admin_keepers(generation: int) -> dict[str, str]:
    """The keeper of the admin login's password; earlier versions of this program had none."""
    return {KEEPER: str(generation)} if generation > 1 else {}


def newest(state: Mapping[str, Mapping[str, Any]]) -> int | None:
    """The generation of the newest password of a login in the stack's state."""
    logins = [
        outputs
        for urn, outputs in state.items()
        if urn.endswith(tuple(f"-{colour}" for colour in COLOURS)) and PASSWORD in urn
    ]
    known = [(each.get("keepers") or {}).get(KEEPER) for each in logins]
    return max((int(each) for each in known if each is not None), default=None)


def skipped(newest: int | None, wanted: int) -> Iterator[str]:
    """One line for a generation that would change the password of the login in use."""
    if newest is None or wanted in (newest, newest + 1):
        return
    yield (
        f"passwordGeneration: is {wanted} and was {newest}, must be {newest} or {newest + 1}: only "
        "the idle login's password may change; type `pulumi config set passwordGeneration "
        f"{newest + 1}`"
    )
