"""Where a chart is fetched from: a Helm repository over HTTP, or an OCI registry."""

import dataclasses
from collections.abc import Iterator
from urllib.parse import urlsplit

OCI = "oci://"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChartRepository:
    """The address of a repository, and what it takes to connect to it."""

    url: str
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    ca_certificate: str = ""
    """Path of a PEM file; empty for the system's roots."""

    @property
    def is_registry(self) -> bool:
        """Whether it is an OCI registry."""
        return self.url.startswith(OCI)

    def is_origin_of(self, url: str) -> bool:
        """Whether the login may be sent to that URL: it has the repository's scheme and host."""
        own = self.url.replace(OCI, "https://", 1)
        return urlsplit(url)[:2] == urlsplit(own)[:2]

    def problems(self) -> Iterator[str]:
        """One line for each setting that can't be right."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https", "oci") or not parts.hostname or " " in self.url:
            yield (
                f'chartRepository: is "{self.url}", must be a URL that begins with https://, '
                "http:// or oci://"
            )
        elif parts.username is not None:
            yield (
                "chartRepository: contains a login; remove it, and set chartRepositoryUsername and "
                "chartRepositoryPassword"
            )
        if self.password and not self.username:
            yield (
                "chartRepositoryUsername: missing, yet chartRepositoryPassword is given; type "
                "`pulumi config set chartRepositoryUsername …`, or remove the password"
            )
        if self.username and not self.password:
            yield (
                "chartRepositoryPassword: missing, yet chartRepositoryUsername is given; type "
                "`pulumi config set --secret chartRepositoryPassword`, or remove the user name"
            )
