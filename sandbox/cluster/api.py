"""The API server's own JSON; the client's typed objects call every field of it optional."""

import json
from collections.abc import Callable
from typing import Any

from kubernetes import client, config
from urllib3.exceptions import HTTPError

from sandbox.machine import paths

Object = dict[str, Any]
ERRORS = (client.ApiException, HTTPError)
"""What a call raises while the API server is away, or refuses."""


def connect() -> client.ApiClient:
    """A connection with every right."""
    return config.new_client_from_config(str(paths.KUBECONFIG))


def get(call: Callable[..., Any], *arguments: Any) -> Object:
    """What a call of the client gives, undigested."""
    return json.loads(call(*arguments, _preload_content=False).data)
