"""The plugin: its own settings, and all that it serves."""

from typing import ClassVar

from sandbox.providers.aws.groups import ParameterGroup, SubnetGroup
from sandbox.providers.aws.instance import Instance
from sandbox.providers.aws.lookups import FUNCTIONS
from sandbox.providers.aws.network import IngressRule, SecurityGroup
from sandbox.providers.framework.provider import Failure, Input, Inputs, Plugin, Resources, by_type
from sandbox.providers.framework.validation import BridgedWords

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


class Aws(Plugin):
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

    def words(self, name: str) -> BridgedWords:
        """It wraps a Terraform provider."""
        return BridgedWords(name)
