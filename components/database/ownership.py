"""The owner of a database, and the owners of the objects in it."""

from pathlib import Path

from components.database.spec import DatabaseSpec

OWNERSHIP = tuple(
    Path(__file__).with_name(name) for name in ("session.sh", "ownership.sh", "objects.sh")
)
"""Functions that both the roles Job and the preflight call."""


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
