"""The roles of a new server: the sandbox's superuser, and the administrator of a managed server."""

from sandbox.postgres import scram

SUPERUSER = "sandbox_superuser"
"""Can log in only through the Unix socket, which pods cannot reach."""

# Before PostgreSQL 16, a role with CREATEROLE can grant itself any role that is not a superuser's,
# and these roles give access to files and programs of this machine.
_PROTECT_MACHINE = (
    "UPDATE pg_authid SET rolsuper = true WHERE rolname ~ '^pg_.*_server_(files|program)$';"
)


def create_administrator(username: str, password: str) -> str:
    """SQL that creates a role with the rights that a cloud gives to an administrator."""
    role = '"{}"'.format(username.replace('"', '""'))
    return (
        f"{_PROTECT_MACHINE}\n"
        f"CREATE ROLE {role} LOGIN CREATEROLE CREATEDB PASSWORD '{scram.verifier(password)}';\n"
        f"GRANT pg_monitor, pg_signal_backend TO {role} WITH ADMIN OPTION;\n"
    )
