"""The settings `server` and `restoreFrom` in RDS's words, and what RDS would refuse of them."""

import dataclasses
import re
from collections.abc import Iterator

from components.aws import windows

ADMIN = "coder_admin"
"""The master login of every server."""
KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
SNAPSHOT = re.compile(r"((rds|awsbackup):)?[A-Za-z][A-Za-z0-9-]*|arn:aws[a-z-]*:rds:\S+")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerArgs:
    """The setting `server` of `cloud: aws`."""

    kms_key_id: str = ""
    """ARN of a key of your own; empty for the account's `aws/rds`."""
    backup_window: str = "03:00-04:00"
    """UTC."""
    maintenance_window: str = "sun:04:30-sun:05:30"
    """UTC."""
    parameters: dict[str, str | int | bool] = dataclasses.field(default_factory=dict)
    """PostgreSQL's, as a parameter group of RDS takes them."""

    @property
    def texts(self) -> dict[str, str]:
        """The parameters as RDS spells them; `pulumi config set` makes numbers of some."""
        return {
            name: str(int(value)) if isinstance(value, bool) else str(value)
            for name, value in self.parameters.items()
        }

    def problems(self) -> Iterator[str]:
        """A line for every value that can't be right."""
        if self.kms_key_id and not KEY_ARN.fullmatch(self.kms_key_id):
            yield (
                f'server.kmsKeyId: is "{self.kms_key_id}", must be the ARN of a key '
                "(arn:aws:kms:…:key/…), as RDS hands back no alias"
            )
        yield from windows.problems(self.backup_window, self.maintenance_window)
        for name, value in self.parameters.items():
            if not isinstance(value, str | int):
                yield f"server.parameters.{name}: is {value!r}, must be a string or a number"
        if self.texts.get("rds.force_ssl", "1") != "1":
            yield "server.parameters.rds.force_ssl: must be 1, as nothing may connect without TLS"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RestoreArgs:
    """The setting `restoreFrom` of `cloud: aws`: a snapshot, or another instance at some time."""

    snapshot: str = ""
    """Its identifier, or the ARN of a shared one."""
    instance: str = ""
    time: str = ""
    """As 2026-01-31T03:00:00Z; empty for the latest that is possible."""

    def problems(self) -> Iterator[str]:
        """A line for every value that can't be right."""
        if self.snapshot and (self.instance or self.time):
            yield "restoreFrom: take either snapshot, or instance and time, not both"
        if self.time and not self.instance:
            yield "restoreFrom.instance: missing; a time says nothing without an instance"
        if self.snapshot and not SNAPSHOT.fullmatch(self.snapshot):
            yield f'restoreFrom.snapshot: is "{self.snapshot}", must be an identifier or an ARN'
        if self.time and not TIME.fullmatch(self.time):
            yield f'restoreFrom.time: is "{self.time}", must be as 2026-01-31T03:00:00Z, in UTC'
