"""The settings of `cloud: aws` that are in AWS's words."""

import re
from collections.abc import Iterator
from typing import Any

import pydantic

from components.aws import parameter_rules
from components.server import parameters, windows
from components.server.restore import RestoreSetting, time_problems
from components.server.settings import ServerSettings
from components.setting_model import SettingModel

KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
SNAPSHOT = re.compile(r"((rds|awsbackup):)?[A-Za-z][A-Za-z0-9-]*|arn:aws[a-z-]*:rds:\S+")
SECURITY_GROUP = re.compile("sg-[a-zA-Z0-9]+")
# docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


class Cluster(SettingModel):
    """The setting `cluster`: an EKS cluster."""

    name: str


class Network(SettingModel):
    """The setting `network`: each value replaces what discovery finds."""

    vpc_id: str = ""
    subnet_ids: list[str] = pydantic.Field(default_factory=list)
    """In at least two zones; RDS insists on two, also for a server in one."""
    client_security_group_ids: list[str] = pydantic.Field(default_factory=list)
    """Who may connect; the cluster's own security group is on all nodes of managed node groups."""
    endpoint: str = ""
    """Where the kubeconfig reaches the API server, if not at its own endpoint."""

    def problems(self) -> Iterator[str]:
        """One line for every value that AWS would refuse."""
        for client in self.client_security_group_ids:
            if not SECURITY_GROUP.fullmatch(client):
                yield (
                    f"network.clientSecurityGroupIds: {client!r} is not the id of a security group "
                    "(sg-…)"
                )


class Server(SettingModel):
    """The setting `server`."""

    kms_key_id: str = ""
    """ARN of a key of your own; empty for the account's `aws/rds`."""
    backup_window: str = "03:00-04:00"
    """UTC."""
    maintenance_window: str = "sun:04:30-sun:05:30"
    """UTC."""
    log_retention_days: int = 30
    """Of the instance's log groups in CloudWatch."""
    parameters: dict[str, Any] = pydantic.Field(default_factory=dict)
    """PostgreSQL's, as a parameter group of RDS takes them."""

    @property
    def parameter_strings(self) -> dict[str, str]:
        """The parameters as RDS spells them."""
        return parameter_rules.rds_strings(self.parameters)

    def problems(self, major: int) -> Iterator[str]:
        """One line for every value that RDS would refuse for this major version."""
        if self.kms_key_id and not KEY_ARN.fullmatch(self.kms_key_id):
            yield (
                f'server.kmsKeyId: is "{self.kms_key_id}", must be the ARN of a key '
                "(arn:aws:kms:…:key/…); an alias is not accepted: RDS returns the ARN, and every "
                "preview would show a change"
            )
        yield from windows.problems(self.backup_window, self.maintenance_window)
        malformed = [*parameters.problems("server.parameters", self.parameters)]
        yield from malformed or parameter_rules.problems(major, self.parameters)
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            days = ", ".join(map(str, LOG_RETENTION_DAYS))
            yield f"server.logRetentionDays: is {self.log_retention_days}, must be one of {days}"
        if self.parameter_strings.get("rds.force_ssl", "1") != "1":
            yield "server.parameters.rds.force_ssl: must be 1, because every client must use TLS"


class RestoreFrom(RestoreSetting):
    """The setting `restoreFrom`: a snapshot, or another instance at some time."""

    snapshot: str = ""
    """Its identifier, or the ARN of a shared one."""
    instance: str = ""
    time: str = ""
    """As 2026-01-31T03:00:00Z; empty for the latest restorable time."""

    def problems(self) -> Iterator[str]:
        """One line for every value that RDS would refuse."""
        if self.snapshot and (self.instance or self.time):
            yield "restoreFrom: set either snapshot, or instance and time, not both"
        if self.snapshot and not SNAPSHOT.fullmatch(self.snapshot):
            yield f'restoreFrom.snapshot: is "{self.snapshot}", must be an identifier or an ARN'
        yield from time_problems(self.time, self.instance)


class Settings(SettingModel):
    """The objects among the settings that `cloud: aws` takes."""

    cluster: Cluster
    network: Network = Network()
    server: Server = Server()
    restore_from: RestoreFrom = RestoreFrom()

    def problems(self, server: ServerSettings) -> Iterator[str]:
        """One line for every value that AWS would refuse, whatever the server's settings are."""
        yield from self.network.problems()
        # An invalid version has a line of its own.
        major = int(server.version) if server.version.isdecimal() else 0
        yield from self.server.problems(major)
        yield from self.restore_from.problems()
