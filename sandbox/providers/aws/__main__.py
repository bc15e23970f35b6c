"""Serves the provider with the version of the installed SDK."""

from importlib.metadata import version

from sandbox.providers.aws.provider import Aws
from sandbox.providers.framework.server import serve

serve(Aws(), version("pulumi-aws"))
