"""Serves the provider with the version of the installed SDK."""

from importlib.metadata import version

from sandbox.providers.azure_native.provider import AzureNative
from sandbox.providers.framework.server import serve

serve(AzureNative(), version("pulumi-azure-native"))
