"""Serves the provider with the version of the installed SDK."""

from importlib.metadata import version

from sandbox.providers.framework.server import serve
from sandbox.providers.gcp.provider import Gcp

serve(Gcp(), version("pulumi-gcp"))
