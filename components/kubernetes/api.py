"""Single GET requests to the API server, with the kubeconfig and the context of the provider.

The official client is imported with the first request: that takes half a second of CPU, and most
previews ask nothing.
"""

import functools
import json
import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from components.kubernetes import kubeconfig

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

Object = Mapping[str, Any]
"""A Kubernetes object as decoded JSON."""

JSON = "application/json"
TIMEOUTS = (5.0, 20.0)
"""Seconds to connect, and to wait for an answer."""


class ClusterError(Exception):
    """Says in one line why the cluster did not answer a question."""


class Forbidden(ClusterError):
    """The credentials of the kubeconfig may not read the object."""


class Api:
    """The API server of one context; what failed to connect once is not tried again."""

    def __init__(self, context: str) -> None:
        self._context = context
        self._failure: ClusterError | None = None

    def get(
        self, *path: str, group: str = "api/v1", accept: str = JSON, **query: str
    ) -> Object | None:
        """What is at that path of the API group, or None where there is nothing."""
        if self._failure:
            raise self._failure
        words = "/".join(quote(word, safe="") for word in path)
        try:
            status, body = self._ask(f"/{group}/{words}", accept, query)
        except ClusterError as error:
            self._failure = error
            raise
        if status == 404:
            return None
        if status == 200:
            return json.loads(body)
        said = _message(body) or f"status {status}"
        if status == 403:
            raise Forbidden(f"the cluster refuses to show it: {said}")
        raise ClusterError(
            f"the cluster refuses the credentials of the kubeconfig ({said}); log in again"
            if status == 401
            else f"the cluster answers: {said}"
        )

    def _ask(self, path: str, accept: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        api = self._client
        try:
            request = api.param_serialize(
                "GET",
                path,
                query_params=list(query.items()),
                header_params={"Accept": accept},
                auth_settings=["BearerToken"],
            )
            response = api.call_api(*request, _request_timeout=TIMEOUTS)
            return response.status, response.read()
        except (ApiException, HTTPError, OSError) as error:
            raise ClusterError(
                f"the cluster at {api.configuration.host} can't be reached: {_cause(error)}"
            ) from error

    @functools.cached_property
    def _client(self) -> "ApiClient":
        from kubernetes import config
        from kubernetes.client import ApiClient, Configuration

        settings, logged = Configuration(retries=False), _Logged()
        logging.getLogger().addHandler(logged)
        try:
            config.load_kube_config(
                config_file=os.pathsep.join(kubeconfig.paths()),
                # kubectl takes the first file's current context, this client the last one's.
                context=kubeconfig.current(self._context).context,
                client_configuration=settings,
                persist_config=False,
            )
        except kubeconfig.KubeconfigError as error:
            raise ClusterError(str(error)) from error
        except (config.ConfigException, OSError, ValueError, LookupError) as error:
            raise ClusterError(_unusable(str(error) or type(error).__name__)) from error
        finally:
            logging.getLogger().removeHandler(logged)
        if logged.said and not (settings.api_key or settings.cert_file):
            raise ClusterError(_unusable(logged.said[-1]))
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


def _message(body: bytes) -> str:
    try:
        return " ".join(str(json.loads(body)["message"]).split())
    except (ValueError, KeyError, TypeError):
        return ""


def _cause(error: BaseException) -> str:
    """The innermost reason, without the client's own words around it."""
    while inner := getattr(error, "reason", None) or error.__cause__:
        if not isinstance(inner, BaseException):
            break
        error = inner
    said = getattr(error, "strerror", None) or str(error).rpartition(": ")[2]
    return said or type(error).__name__
