"""The simulated AWS provider: its own inputs, its resources and functions."""

from typing import ClassVar

from sandbox.providers.aws import permissions
from sandbox.providers.aws.ingress_rule import IngressRule
from sandbox.providers.aws.instance import Instance
from sandbox.providers.aws.log_group import LogGroup
from sandbox.providers.aws.lookups import FUNCTIONS
from sandbox.providers.aws.parameter_group import ParameterGroup
from sandbox.providers.aws.region import Region
from sandbox.providers.aws.security_group import SecurityGroup
from sandbox.providers.aws.subnet_group import SubnetGroup
from sandbox.providers.bridged.provider import BridgedProvider
from sandbox.providers.framework import sdk
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.requests import Request
from sandbox.providers.framework.resource import Resources, by_type


class Aws(BridgedProvider):
    """The simulated pulumi-aws."""

    name = "aws"
    settings = sdk.provider("aws")
    resources: ClassVar[Resources] = by_type(
        Instance(), SubnetGroup(), ParameterGroup(), SecurityGroup(), IngressRule(), LogGroup()
    )
    functions: ClassVar = FUNCTIONS

    def configured(self) -> None:
        """Require a region."""
        if not self.config.get("region"):
            raise Failure(
                "could not validate provider configuration: missing region information. Make sure "
                "you have set your AWS region, for example: `pulumi config set aws:region "
                "us-west-2`"
            )

    def sends(self, request: Request) -> None:
        """Record which permissions the request needs."""
        Region.record(request, permissions.needed(request))
