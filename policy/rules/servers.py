"""Which resources are PostgreSQL servers, and of which cloud."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_policy import ResourceValidationArgs, ResourceValidationPolicy

from .policies import Properties, resource_policy
from .values import at

ServerCheck = Callable[[Properties, Properties], Iterator[str]]
"""Takes the server's inputs and the policy's configuration."""
AWS = "aws:rds/instance:Instance"
GCP = "gcp:sql/databaseInstance:DatabaseInstance"


def azure_type(name: str) -> re.Pattern[str]:
    """A type of azure-native, in any API version: `azure-native:sql/v20240501:Server`."""
    module, kind = name.split(":")
    return re.compile(rf"azure-native(_\w+)?:{module}(/\w+)?:{kind}")


AZURE = azure_type("dbforpostgresql:Server")


def cloud_of(resource_type: str, inputs: Properties) -> str:
    """The cloud of a PostgreSQL server; empty for any other resource."""
    if resource_type == AWS and at(inputs, "engine", "postgres") == "postgres":
        return "aws"
    if AZURE.fullmatch(resource_type):
        return "azure"
    if resource_type == GCP and at(inputs, "databaseVersion", "POSTGRES").startswith("POSTGRES"):
        return "gcp"
    return ""


def is_replica(inputs: Properties) -> bool:
    """Whether the server is a read replica, whose backups are its primary's."""
    # Iterating reads no value: the source's name may be unknown at preview.
    sources = {"replicateSourceDb", "masterInstanceName"} & set(inputs)
    return bool(sources) or at(inputs, "createMode") == "Replica"


AZURE_COPIES = ("GeoRestore", "PointInTimeRestore", "Replica", "ReviveDropped")
"""The modes of creation that take the version from the source."""


def inherits(inputs: Properties) -> bool:
    """Whether the server is a copy, which has the version and the encryption of its source.

    It is a read replica, or restored. A Cloud SQL instance that is restored from a backup has its
    own.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html
    https://cloud.google.com/sql/docs/postgres/clone-instance
    """
    sources = {"snapshotIdentifier", "restoreToPointInTime", "clone"} & set(inputs)
    return bool(sources) or is_replica(inputs) or at(inputs, "createMode") in AZURE_COPIES


def server_policy(
    name: str,
    description: str,
    checks: Mapping[str, ServerCheck],
    config: Mapping[str, dict[str, Any]] | None = None,
) -> ResourceValidationPolicy:
    """A policy that judges each server by the check of its cloud."""

    def check(args: ResourceValidationArgs) -> Iterator[str]:
        cloud = cloud_of(args.resource_type, args.props)
        if cloud in checks:
            yield from checks[cloud](args.props, args.get_config())

    return resource_policy(name, description, check, config)


def expected(inputs: Properties, path: str, wanted: object, default: object) -> Iterator[str]:
    """A line if the property, or the cloud's default where it is not set, is another value."""
    found = at(inputs, path)
    if (default if found is None else found) != wanted:
        yield f"{path}: {said(found)}; set it to {shown(wanted)}"


def said(value: object) -> str:
    """What a property is, in words; None: it is not set."""
    return "is not set" if value is None else f"is {shown(value)}"


def shown(value: object) -> str:
    """A value as JSON has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
