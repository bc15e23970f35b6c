"""Serves the plugin under the version of the SDK that is installed."""

from importlib.metadata import version

from sandbox.providers.framework.server import serve
from sandbox.providers.random.provider import Random

serve(Random(), version("pulumi-random"))
