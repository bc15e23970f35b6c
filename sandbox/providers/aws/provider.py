"""The plugin: its own settings, and all that it serves."""

from typing import ClassVar

from sandbox.providers.aws.ingress_rule import IngressRule
from sandbox.providers.aws.instance import Instance
from sandbox.providers.aws.lookups import FUNCTIONS
from sandbox.providers.aws.parameter_group import ParameterGroup
from sandbox.providers.aws.security_group import SecurityGroup
from sandbox.providers.aws.subnet_group import SubnetGroup
from sandbox.providers.bridged.provider import BridgedProvider
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.resource import Input, Inputs, Resources, by_type

_STRINGS = """
accessKey customCaBundle ec2MetadataServiceEndpoint ec2MetadataServiceEndpointMode httpProxy
httpsProxy noProxy profile region retryMode s3UsEast1RegionalEndpoint secretKey stsRegion
tagPolicyCompliance token
"""
_JSON = """
allowedAccountIds assumeRoleWithWebIdentity assumeRoles defaultTags endpoints forbiddenAccountIds
ignoreTags insecure maxRetries s3UsePathStyle sharedConfigFiles sharedCredentialsFiles
skipCredentialsValidation skipMetadataApiCheck skipRegionValidation skipRequestingAccountId
tokenBucketRateLimiterCapacity useDualstackEndpoint useFipsEndpoint userAgents
"""


class Aws(BridgedProvider):
    """The stand-in for pulumi-aws."""

    name = "aws"
    settings: ClassVar[Inputs] = {
        **{key: Input("string") for key in _STRINGS.split()},
        **{key: Input("any") for key in _JSON.split()},
    }
    resources: ClassVar[Resources] = by_type(
        Instance(), SubnetGroup(), ParameterGroup(), SecurityGroup(), IngressRule()
    )
    functions: ClassVar = FUNCTIONS

    def configured(self) -> None:
        """Nothing on AWS works without a region."""
        if not self.config.get("region"):
            raise Failure(
                "could not validate provider configuration: missing region information. Make sure "
                "you have set your AWS region, for example: `pulumi config set aws:region "
                "us-west-2`"
            )
