"""Names in an existing server: the database, the roles named after it, and schemas."""

import re
from collections.abc import Iterator

from components.database import generations

DATABASE_NAME = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,56}")
"""Leaves room for the suffix of the login roles, which are named after the database."""
RESERVED_NAMES = ("postgres", "template0", "template1", "public", "none")
"""Names of databases or roles that every server has, or that PostgreSQL reserves."""
SEARCH_PATH = re.compile(r"[a-z_][a-z0-9_]{0,62}(,[a-z_][a-z0-9_]{0,62})*")
"""Names that need neither quotes nor escapes wherever they are used."""


def role_name_problems(database: str, admin_username: str) -> Iterator[str]:
    """One line for each reason why roles can't be named after the database."""
    if not DATABASE_NAME.fullmatch(database):
        yield (
            f'existing.database: is "{database}", must be at most 57 of a-z, 0-9 and _ '
            "and not begin with a digit or pg_: the roles are named after it"
        )
    if database in (admin_username, *RESERVED_NAMES):
        yield (
            f'existing.database: is "{database}", which is the name of a role or database '
            "that exists already; the owner role is named after it: choose another name"
        )
    for suffix in (f"_{colour}" for colour in generations.COLOURS):
        if database.endswith(suffix):
            yield (
                f'existing.database: is "{database}", which is also the name of a login of '
                f'database "{database.removesuffix(suffix)}"; the owner role is named after the '
                f"database: choose a name that does not end with {suffix}"
            )
        if admin_username == database + suffix:
            yield (
                f'existing.adminUsername: is "{admin_username}", which is the name of the login '
                f'that Coder uses on database "{database}"; choose another existing.database, or '
                "give another admin login"
            )


def search_path_problems(search_path: str) -> Iterator[str]:
    """One line if it isn't a list of plain schema names."""
    if search_path and not SEARCH_PATH.fullmatch(search_path):
        yield (
            f'existing.searchPath: is "{search_path}", must be names of schemas, of a-z, 0-9 and '
            "_, with commas and no spaces between them, the schema of Coder's tables first"
        )
