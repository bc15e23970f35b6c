"""The roles of a new server: the sandbox's superuser, and the administrator of a managed server."""

from sandbox.postgres import scram

SUPERUSER = "sandbox_superuser"
"""Can log in only through the Unix socket, which pods cannot reach."""

# Before PostgreSQL 16, a role with CREATEROLE can grant itself any role that is not a superuser's,
# and these roles give access to files and programs of this machine.
_PROTECT_MACHINE = (
    "UPDATE pg_authid SET rolsuper = true WHERE rolname ~ '^pg_.*_server_(files|program)$';"
)


def create_administrator(username: str, password: str, group: str = "") -> str:
    """SQL that creates a role with the rights that a cloud gives to an administrator.

    With a group, the administrator and all users of the cloud's API are its members.
    """
    role = identifier(username)
    if not group:
        return (
            f"{_PROTECT_MACHINE}\n{create_user(username, password)}"
            f"GRANT pg_monitor, pg_signal_backend TO {role} WITH ADMIN OPTION;\n"
        )
    owner = identifier(group)
    return (
        f"{_PROTECT_MACHINE}\nCREATE ROLE {owner} CREATEROLE CREATEDB;\n"
        f"GRANT pg_monitor, pg_signal_backend TO {owner};\n"
        f"ALTER DATABASE postgres OWNER TO {owner};\n"
        f"ALTER DATABASE template1 OWNER TO {owner};\n{create_user(username, password, group)}"
    )


def create_user(username: str, password: str, group: str = "") -> str:
    """SQL that creates a login which may create roles and databases; it may have no password."""
    said = f"PASSWORD '{scram.verifier(password)}'" if password else "PASSWORD NULL"
    within = f" IN ROLE {identifier(group)}" if group else ""
    return f"CREATE ROLE {identifier(username)} LOGIN CREATEROLE CREATEDB {said}{within};\n"


def set_password(username: str, password: str) -> str:
    """SQL that changes a password; a SCRAM verifier, so that no log contains it."""
    return f"ALTER ROLE {identifier(username)} PASSWORD '{scram.verifier(password)}';\n"


def identifier(name: str) -> str:
    """The name as a quoted identifier."""
    return '"{}"'.format(name.replace('"', '""'))
