"""What a chart is configured with besides the connection."""

import dataclasses
from collections.abc import Mapping

import pulumi


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServiceOptions:
    """What the program sets of Coder's Service."""

    type: str = ""
    """Empty for the chart's default, a load balancer, or the type in the user's values."""
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChartOptions:
    """What a chart is configured with besides the connection."""

    replicas: int
    access_url: str
    """Empty to let the chart decide."""
    service: ServiceOptions = ServiceOptions()
    rollout_marker: pulumi.Input[str] = ""
    """A new value makes Coder's pods restart."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EntryKeys:
    """The dotted keys of a chart's values that decide how people reach Coder."""

    service: str
    """The fields of the Service."""
    annotations: str
    """The annotations of the Service."""
    tls: str
    """The Secrets with the certificates that Coder itself serves."""
    routes: tuple[str, ...]
    """The Ingress, and what else replaces the load balancer, each with `enable` and `host`."""
    own_https_port: bool
    """Whether the Service has port 443 also where Coder itself serves no HTTPS."""
    access_url: str = ""
    """The environment variable with the access URL; empty if it is set in Coder's dashboard."""
    environment_sources: str = ""
    """The ConfigMaps and Secrets that Coder has its environment from."""
    default_access_url: str = ""
    """Whether the chart sets an access URL of its own if no environment variable has one."""
