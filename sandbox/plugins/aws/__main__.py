"""Serves the plugin under the version of the SDK that is installed."""

from importlib.metadata import version

from sandbox.plugins.aws.provider import Aws
from sandbox.plugins.server import serve

serve(Aws(), version("pulumi-aws"))
