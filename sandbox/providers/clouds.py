"""The simulated clouds."""

from collections.abc import Mapping

from sandbox import SandboxError
from sandbox.providers.aws.region import Region
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.base import Cloud
from sandbox.providers.gcp.project import Project

CLOUDS: Mapping[str, type[Cloud]] = {each.cloud: each for each in (Region, Project, Subscription)}


def named(name: str) -> type[Cloud]:
    """The cloud with that name."""
    if name not in CLOUDS:
        raise SandboxError(f"no cloud {name}; there are: {', '.join(CLOUDS)}")
    return CLOUDS[name]
