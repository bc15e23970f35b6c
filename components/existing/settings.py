"""The settings of `cloud: existing`: the cluster, the server, and a login in it."""

import ipaddress
import re
from collections.abc import Iterator

import pydantic

from components.charts import FLAVOURS
from components.connection import PORT
from components.existing import names
from components.server.settings import ServerSettings
from components.setting_model import SettingModel

SSL_MODES = ("require", "verify-ca", "verify-full")
LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(\.{LABEL})*\.?", re.IGNORECASE)


class Cluster(SettingModel):
    """The setting `cluster`: what the kubeconfig must point to."""

    endpoint: str = ""
    certificate_authority: str = ""
    """PEM, or base64 of it as a kubeconfig has it."""
    zone: str = ""


class Existing(SettingModel):
    """The setting `existing`: the server, and the login to use or the admin's to make one with."""

    host: str
    port: int = PORT
    database: str = "coder"
    search_path: str = ""
    """Schemas, with commas between them; the first one holds Coder's tables."""
    username: str = ""
    password: str = pydantic.Field(default="", repr=False)
    ssl_mode: str = "verify-full"
    admin_username: str = ""
    admin_password: str = pydantic.Field(default="", repr=False)
    max_connections: int = 0
    """The server's limit where it is known; 0: the preflight reads the limit from the server."""
    flavour: str = ""
    """`classic` or `v2`: whose tables a database without our mark holds."""

    def problems(self) -> Iterator[str]:
        """One line for every value that PostgreSQL or libpq would refuse."""
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
                "`pulumi config set --path existing.adminUsername …`, or remove the password"
            )
        if self.password and not self.username:
            yield (
                "existing.password: is given without existing.username; type "
                "`pulumi config set --path existing.username …`, or remove the password"
            )
        for key, value in (("password", self.password), ("adminPassword", self.admin_password)):
            if value != value.strip():
                yield (
                    f"existing.{key}: begins or ends with white space; type "
                    f"`pulumi config set --secret --path existing.{key}`"
                )
        if self.admin_username and not self.admin_password:
            yield (
                "existing.adminPassword: missing; type "
                "`pulumi config set --secret --path existing.adminPassword`"
            )
        if self.admin_username:
            yield from names.role_name_problems(self.database, self.admin_username)
        yield from names.search_path_problems(self.search_path)


class Settings(SettingModel):
    """The objects among the settings that `cloud: existing` takes."""

    cluster: Cluster
    existing: Existing

    def problems(self, server: ServerSettings) -> Iterator[str]:
        """One line for every value that can't be right, alone or beside the server's settings."""
        yield from self.existing.problems()
        if self.existing.ssl_mode == "verify-ca" and server.ca_certificate is None:
            yield (
                "caCertificate: missing; verify-ca needs the server's CA, because the system's "
                "roots would accept any server's certificate; set it to the CA's path, or set "
                "existing.sslMode to verify-full"
            )
        generation = server.spec.password_generation
        if self.existing.username and generation != 1:
            yield (
                f"passwordGeneration: is {generation}, but existing.username is used as it is and "
                "its password does not rotate; set it to 1, or set an admin login"
            )


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Digits and dots alone are an address that is wrong, not a name.
        return bool(HOST_NAME.fullmatch(host)) and not re.fullmatch(r"[\d.]+", host)
    return True
