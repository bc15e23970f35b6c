"""Serves the plugin under the version of the SDK that is installed."""

from importlib.metadata import version

from sandbox.plugins.kubernetes.provider import Kubernetes
from sandbox.plugins.server import serve

serve(Kubernetes(), version("pulumi-kubernetes"))
