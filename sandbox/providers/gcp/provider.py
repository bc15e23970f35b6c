"""The simulated Google Cloud provider: its own inputs, its resources and functions."""

from typing import ClassVar

from sandbox.providers.bridged.provider import BridgedProvider
from sandbox.providers.framework import sdk
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.requests import Request
from sandbox.providers.framework.resource import Resources, by_type
from sandbox.providers.gcp import permissions
from sandbox.providers.gcp.connection import Connection
from sandbox.providers.gcp.database import Database
from sandbox.providers.gcp.global_address import GlobalAddress
from sandbox.providers.gcp.instance import Instance
from sandbox.providers.gcp.lookups import FUNCTIONS
from sandbox.providers.gcp.project import Project
from sandbox.providers.gcp.user import User


class Gcp(BridgedProvider):
    """The simulated pulumi-gcp."""

    name = "gcp"
    settings = sdk.provider("gcp")
    resources: ClassVar[Resources] = by_type(
        Instance(), User(), Database(), GlobalAddress(), Connection()
    )
    functions: ClassVar = FUNCTIONS

    def configured(self) -> None:
        """Require a project, for which the real provider asks at the first request."""
        if not self.config.get("project"):
            raise Failure(
                "could not validate provider configuration: project: required field is not set. "
                "Make sure you have set your project, for example: `pulumi config set gcp:project "
                "my-project`"
            )

    def sends(self, request: Request) -> None:
        """Record which permissions the request needs."""
        Project.record(request, permissions.needed(request))
