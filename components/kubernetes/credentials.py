"""The credentials of the kubeconfig, as the provider uses them.

The official client is imported with the first request: that takes half a second of CPU, and most
previews ask nothing.
"""

import logging
import os
from typing import TYPE_CHECKING

from components.kubernetes import kubeconfig

if TYPE_CHECKING:
    from kubernetes.client import ApiClient


class Unusable(Exception):
    """Says in one line why the kubeconfig gives no credentials."""


def api_client(context: str) -> "ApiClient":
    """A client of the context's API server; empty for the current context."""
    from kubernetes import config
    from kubernetes.client import ApiClient, Configuration

    settings, logged = Configuration(retries=False), _Logged()
    logging.getLogger().addHandler(logged)
    try:
        config.load_kube_config(
            config_file=os.pathsep.join(kubeconfig.paths()),
            # kubectl takes the first file's current context, this client the last one's.
            context=kubeconfig.current(context).context,
            client_configuration=settings,
            persist_config=False,
        )
    except kubeconfig.KubeconfigError as error:
        raise Unusable(str(error)) from error
    except (config.ConfigException, OSError, ValueError, LookupError) as error:
        raise Unusable(_unusable(str(error) or type(error).__name__)) from error
    finally:
        logging.getLogger().removeHandler(logged)
    if logged.said and not (settings.api_key or settings.cert_file):
        raise Unusable(_unusable(logged.said[-1]))
    return ApiClient(settings)


class _Logged(logging.Handler):
    """What the client logs where it goes on without the credentials of a plugin."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def _unusable(reason: str) -> str:
    first, *_ = reason.strip().splitlines() or ["no reason is given"]
    return f"kubeContext: the kubeconfig can't be used: {first}"
