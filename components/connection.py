"""The narrow waist: what every cloud is asked for, and the one connection that each gives."""

import dataclasses
import re
from collections.abc import Iterator
from urllib.parse import quote

import pulumi

PORT = 5432
NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,52}[a-z0-9])?")
IMAGE = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?")
TOOLS_IMAGE = "docker.io/library/postgres:17.6-alpine"
SIZES = ("small", "medium", "large")
VERIFIED = ("verify-ca", "verify-full")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatabasePlan:
    """What is to be made in a server: whose database, and where the Job that makes it runs."""

    stack: str
    """Names the owner in the database's comment, as `project/stack`."""
    flavour: str
    namespace: str
    """Coder's namespace; the Job runs in `<namespace>-database`."""
    password_generation: int
    tools_image: str
    protect: bool

    def problems(self) -> Iterator[str]:
        """A line for every setting that can't be right."""
        # The longest is the namespace of the Job, and a label has 63 characters.
        if not NAMESPACE.fullmatch(self.namespace):
            yield (
                f'namespace: is "{self.namespace}", must be at most 54 of a-z, 0-9 and -, and '
                "begin and end with a letter or digit"
            )
        if self.password_generation < 1:
            yield f"passwordGeneration: is {self.password_generation}, must be 1 or more"
        if not IMAGE.fullmatch(self.tools_image):
            yield f'toolsImage: is "{self.tools_image}", must be an image such as {TOOLS_IMAGE}'


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    """What every cloud is asked for; each cloud adds its own network's and server's words."""

    plan: DatabasePlan
    zone: str
    size: str
    version: str
    storage_gb: int
    max_storage_gb: int
    high_availability: bool
    backup_days: int
    apply_immediately: bool
    labels: dict[str, str]
    ca_certificate: str | None

    def problems(self) -> Iterator[str]:
        """A line for every setting that no cloud could take."""
        if not re.fullmatch(r"[1-9][0-9]?", self.version):
            yield f'postgresVersion: is "{self.version}", must be a major version such as "17"'
        for name, value in self.labels.items():
            if not isinstance(value, str):
                yield f"labels.{name}: is {value!r}, must be a string"
        if not 20 <= self.storage_gb <= 65536:
            yield f"storageGb: is {self.storage_gb}, must be 20 to 65536"
        if not self.storage_gb <= self.max_storage_gb <= 65536:
            yield (
                f"maxStorageGb: is {self.max_storage_gb}, must be from storageGb "
                f"({self.storage_gb}) to 65536"
            )
        if not 1 <= self.backup_days <= 35:
            yield (
                f"backupDays: is {self.backup_days}, must be 1 to 35; "
                "0 would switch backups off, which this program never does"
            )

    @property
    def ssl_mode(self) -> str:
        """The strictest that the server's certificate can pass."""
        return "verify-full"

    @property
    def has_password(self) -> bool:
        """Whether Coder's login will have one."""
        return True

    @property
    def max_connections(self) -> int | None:
        """The server's limit, where it is known before the server is asked."""
        return None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Login:
    """One PostgreSQL login and the Kubernetes Secret that holds it in Coder's namespace."""

    secret_name: str
    username: str
    password: pulumi.Output[str] | None
    """A secret, or None for a login that needs none."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostgresConnection:
    """All that Coder knows of its database, with no cloud in it."""

    host: pulumi.Input[str]
    port: int
    database: str
    login: Login
    """The login in use."""
    idle_logins: tuple[Login, ...] = ()
    """Logins that work but are not in use: the other colour of a rotation."""
    ssl_mode: str
    """The strictest that this server's certificate can pass."""
    ca_certificate: pulumi.Input[str] | None
    """PEM; None means the system's own roots."""
    zone: str
    generation: int | None = None
    """Of the passwords, where they are ours; with a new one the connection is proved again."""
    adopted_flavour: str = ""
    """The chart that filled an unmarked database, where a person vouches for it."""
    requires: tuple[pulumi.Resource, ...] = ()
    """What must have been made before the login works; no property of the connection shows it."""

    @property
    def url(self) -> pulumi.Output[str]:
        """The libpq URL of the login in use, percent-encoded, a secret."""
        return self.url_of(self.login)

    def url_of(self, login: Login) -> pulumi.Output[str]:
        """The libpq URL of any of the logins, percent-encoded, a secret."""

        def build(parts: dict[str, str | None]) -> str:
            user = quote(login.username, safe="")
            if parts["password"] is not None:
                user += ":" + quote(parts["password"], safe="")
            host = parts["host"] or ""
            # An IPv6 address has colons of its own.
            address = f"[{host}]" if ":" in host else host
            database = quote(self.database, safe="")
            return f"postgresql://{user}@{address}:{self.port}/{database}?sslmode={self.ssl_mode}"

        return pulumi.Output.secret(
            pulumi.Output.all(host=self.host, password=login.password).apply(build)
        )
