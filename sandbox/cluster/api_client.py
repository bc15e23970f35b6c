"""Calls to the API server that return plain JSON.

The client library's classes declare every field as optional; plain JSON needs no checks for None.
The client imports each class on first use, which takes a second; annotations with its classes are
therefore strings.
"""

import json
from collections.abc import Callable
from typing import Any

from kubernetes import client, config
from urllib3.exceptions import HTTPError

from sandbox.machine import paths

Object = dict[str, Any]
"""A Kubernetes object as decoded JSON."""
ERRORS = (client.ApiException, HTTPError)
"""Raised by calls when the API server is unreachable or rejects the request."""


def connect() -> client.ApiClient:
    """A client with the rights of a cluster administrator."""
    return config.new_client_from_config(str(paths.KUBECONFIG))


def get_json(call: Callable[..., Any], *arguments: Any) -> Object:
    """The decoded JSON response of a method of the client."""
    return json.loads(call(*arguments, _preload_content=False).data)
