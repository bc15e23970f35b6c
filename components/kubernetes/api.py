"""Single requests to the API server, with the kubeconfig and the context of the provider."""

import functools
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from components.kubernetes import credentials

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

Object = Mapping[str, Any]
"""A Kubernetes object as decoded JSON."""

JSON = "application/json"
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
TIMEOUTS = (5.0, 20.0)
"""Seconds to connect, and to wait for an answer."""


class ClusterError(Exception):
    """Says in one line why the cluster did not answer a question."""


class Forbidden(ClusterError):
    """The credentials of the kubeconfig may not read or change the object."""


class Api:
    """The API server of one context; one that has never answered is not asked again."""

    def __init__(self, context: str) -> None:
        self._context = context
        self._failure: ClusterError | None = None
        self._has_answered = False

    def get(
        self, *path: str, group: str = "api/v1", accept: str = JSON, **query: str
    ) -> Object | None:
        """What is at that path of the API group, or None where there is nothing."""
        body = self._send("GET", path, group, accept, query)
        return None if body is None else json.loads(body)

    def patch(self, *path: str, group: str, change: Object) -> None:
        """Merge a change into the object at that path of the API group."""
        self._send("PATCH", path, group, JSON, {}, change)

    def text(self, *path: str, **query: str) -> str:
        """The text at that path of the core group; empty where there is nothing."""
        body = self._send("GET", path, "api/v1", "*/*", query) or b""
        return body.decode(errors="replace")

    def _send(
        self,
        method: str,
        path: tuple[str, ...],
        group: str,
        accept: str,
        query: Mapping[str, str],
        change: Object | None = None,
    ) -> bytes | None:
        if self._failure:
            raise self._failure
        words = "/".join(quote(word, safe="") for word in path)
        try:
            status, body = self._ask(method, f"/{group}/{words}", accept, query, change)
        except ClusterError as error:
            if not self._has_answered:
                self._failure = error
            raise
        self._has_answered = True
        if status == 404:
            return None
        if status == 200:
            return body
        said = _message(body) or f"status {status}"
        if status == 403:
            refused = "to show it" if method == "GET" else "the change"
            raise Forbidden(f"the cluster refuses {refused}: {said}")
        raise ClusterError(
            f"the cluster refuses the credentials of the kubeconfig ({said}); log in again"
            if status == 401
            else f"the cluster answers: {said}"
        )

    def _ask(
        self,
        method: str,
        path: str,
        accept: str,
        query: Mapping[str, str],
        change: Object | None,
    ) -> tuple[int, bytes]:
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        api = self._client
        try:
            request = api.param_serialize(
                method,
                path,
                query_params=list(query.items()),
                header_params={"Accept": accept} | (MERGE_PATCH if change else {}),
                body=change,
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
        try:
            return credentials.api_client(self._context)
        except credentials.Unusable as error:
            raise ClusterError(str(error)) from error


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
