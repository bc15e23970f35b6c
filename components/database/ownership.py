"""Whose a database is: its comment names the stack and the chart flavour."""

from pathlib import Path

from components.database.spec import DatabaseSpec

OWNERSHIP = Path(__file__).with_name("ownership.sh")
SESSION = Path(__file__).with_name("session.sh")
"""Read-only defaults and time-outs, as the two Jobs that write into the server see them."""


def ownership_env(
    spec: DatabaseSpec, adopted_flavour: str, *, created_server: bool = False
) -> dict[str, str]:
    """The environment of ownership.sh, which compares it with the database's comment.

    On a server that this stack created, another stack's database came from a snapshot and is
    taken over.
    """
    return {
        "OWNER_STACK": spec.stack,
        "OWNER_FLAVOUR": spec.flavour,
        "OWNER_ADOPTED_FLAVOUR": adopted_flavour,
        **({"OWNER_ANY_STACK": "yes"} if created_server else {}),
    }
