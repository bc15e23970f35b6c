"""The setting `existing`: a server, and a login in it."""

import dataclasses
import ipaddress
import re
from collections.abc import Iterator

from components import connection
from components.charts import FLAVOURS

SSL_MODES = ("require", "verify-ca", "verify-full")
LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(\.{LABEL})*\.?", re.IGNORECASE)
ROLE_NAME = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,56}")
RESERVED_NAMES = ("postgres", "template0", "template1", "public", "none")
"""Names of databases or roles that every server has, or that PostgreSQL reserves."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerArgs:
    """The setting `existing`: the server, and the login to use or the admin's to make one with."""

    host: str
    port: int = connection.PORT
    database: str = "coder"
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    ssl_mode: str = "verify-full"
    admin_username: str = ""
    admin_password: str = dataclasses.field(default="", repr=False)
    max_connections: int = 0
    """The server's limit where it is known; 0 leaves the budget to the preflight."""
    flavour: str = ""
    """`classic` or `v2`: whose tables a database without our mark holds."""

    def problems(self) -> Iterator[str]:
        """A line for every value that can't be right."""
        if not _is_host(self.host):
            yield (
                f'existing.host: is "{self.host}", must be a host name or an IP address, without '
                "scheme, port or path"
            )
        if not 1 <= self.port <= 65535:
            yield f"existing.port: is {self.port}, must be 1 to 65535"
        if self.ssl_mode not in SSL_MODES:
            yield f'existing.sslMode: is "{self.ssl_mode}", must be one of {", ".join(SSL_MODES)}'
        if self.flavour not in ("", *FLAVOURS):
            yield f'existing.flavour: is "{self.flavour}", must be {" or ".join(FLAVOURS)}'
        if not 0 <= self.max_connections <= 262143:
            yield (
                f"existing.maxConnections: is {self.max_connections}, must be 1 to 262143, or 0 "
                "to leave it to the preflight"
            )
        if self.admin_username and self.username:
            yield (
                "existing.username: is given beside existing.adminUsername; give the admin login "
                "to have a role made, or a login to use as it is, not both"
            )
        if not self.admin_username and not self.username:
            yield (
                "existing.username: missing; type `pulumi config set --path existing.username …`, "
                "or give existing.adminUsername and existing.adminPassword to have a role made"
            )
        if self.admin_password and not self.admin_username:
            yield (
                "existing.adminUsername: missing, yet existing.adminPassword is given; type "
                "`pulumi config set --path existing.adminUsername …`, or take the password out"
            )
        if self.password and not self.username:
            yield (
                "existing.password: is given without existing.username; type "
                "`pulumi config set --path existing.username …`, or take the password out"
            )
        for key, value in (("password", self.password), ("adminPassword", self.admin_password)):
            if value != value.strip():
                yield (
                    f"existing.{key}: begins or ends with a blank or a new line; type "
                    f"`pulumi config set --secret --path existing.{key}`"
                )
        if self.admin_username and not self.admin_password:
            yield (
                "existing.adminPassword: missing; type "
                "`pulumi config set --secret --path existing.adminPassword`"
            )
        if self.admin_username and not ROLE_NAME.fullmatch(self.database):
            yield (
                f'existing.database: is "{self.database}", must be at most 57 of a-z, 0-9 and _ '
                "and not begin with a digit or pg_: the roles are named after it"
            )
        if self.admin_username and self.database in (self.admin_username, *RESERVED_NAMES):
            yield (
                f'existing.database: is "{self.database}", which is the name of a role or database '
                "that is there already; the owner role is named after it: give it another name"
            )


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Digits and dots alone are an address that is wrong, not a name.
        return bool(HOST_NAME.fullmatch(host)) and not re.fullmatch(r"[\d.]+", host)
    return True
