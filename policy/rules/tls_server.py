"""Servers refuse connections without TLS."""

import re
from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from .policies import Properties, resource_policy
from .servers import azure_type, cloud_of, said
from .values import at, known

FORCE_SSL = "rds.force_ssl"
FORCED_BY_DEFAULT = 15
"""From this major version on, `rds.force_ssl` is 1 unless a parameter group says otherwise.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html"""
PARAMETER_GROUP = "aws:rds/parameterGroup:ParameterGroup"
CONFIGURATION = azure_type("dbforpostgresql:Configuration")
REQUIRED_BY_GCP = ("ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED")
AZURE_PARAMETERS = ("require_secure_transport", "ssl_min_protocol_version")
"""The parameters of a flexible server that say whether TLS is required."""
WEAK_PROTOCOLS = ("tlsv1", "tlsv1.0", "tlsv1.1")


def check(args: ResourceValidationArgs) -> Iterator[str]:
    """One line for each parameter that lets a client connect without TLS."""
    kind, inputs = args.resource_type, args.props
    cloud = cloud_of(kind, inputs)
    if cloud == "aws":
        yield from _aws(inputs)
    elif cloud == "gcp":
        yield from _gcp(inputs)
    elif kind == PARAMETER_GROUP:
        yield from _parameter_group(inputs)
    elif CONFIGURATION.fullmatch(kind):
        yield from _configuration(inputs)


def _aws(inputs: Properties) -> Iterator[str]:
    major = re.match(r"\d+", str(at(inputs, "engineVersion", "")))
    if not major or int(major[0]) >= FORCED_BY_DEFAULT:
        return
    try:
        group = at(inputs, "parameterGroupName", "default.")
    except UnknownValueError:
        return  # one that the same update makes, and which is judged itself
    if group.startswith("default."):
        yield (
            f"parameterGroupName: {FORCE_SSL} is 0 by default on PostgreSQL {major[0]}; set it to "
            f"a parameter group in which {FORCE_SSL} is 1"
        )


def _parameter_group(inputs: Properties) -> Iterator[str]:
    family = re.fullmatch(r"postgres(\d+)", at(inputs, "family", ""))
    if not family:
        return
    values = {
        at(each, "name"): str(at(each, "value", "")) for _, each in known(at(inputs, "parameters"))
    }
    default = "1" if int(family[1]) >= FORCED_BY_DEFAULT else "0"
    if values.get(FORCE_SSL, default) != "1":
        found = said(values.get(FORCE_SSL))
        yield f"parameters: {FORCE_SSL} {found}; set it to 1 (setting server.parameters)"


def _configuration(inputs: Properties) -> Iterator[str]:
    """Azure: both parameters are safe unless they are set.

    https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-ssl-tls
    """
    name = at(inputs, "configurationName", "").lower()
    value = str(at(inputs, "value", "")).lower() if name in AZURE_PARAMETERS else ""
    if name == "require_secure_transport" and value not in ("", "on"):
        yield f"{name}: is {value}; set it to on (setting server.parameters)"
    elif name == "ssl_min_protocol_version" and value in WEAK_PROTOCOLS:
        yield f"{name}: is {value}; set it to TLSv1.2 or TLSv1.3 (setting server.parameters)"


def _gcp(inputs: Properties) -> Iterator[str]:
    """Cloud SQL: plain connections are accepted by default."""
    path = "settings.ipConfiguration.sslMode"
    if at(inputs, path) not in REQUIRED_BY_GCP:
        yield f"{path}: {said(at(inputs, path))}; set it to {REQUIRED_BY_GCP[0]}"


POLICY = resource_policy(
    "server-requires-tls", "A database refuses connections without TLS.", check
)
