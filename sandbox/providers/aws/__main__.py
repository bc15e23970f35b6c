"""Serves the plugin under the version of the SDK that is installed."""

from importlib.metadata import version

from sandbox.providers.aws.provider import Aws
from sandbox.providers.framework.server import serve

serve(Aws(), version("pulumi-aws"))
