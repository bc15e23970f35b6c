"""One Kubernetes API server, as a kubeconfig names it."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from sandbox.providers.framework.provider import Failure
from sandbox.providers.kubernetes.kubeconfig import Unreachable, client, current_context, kubeconfig

_CONNECT_SECONDS = 5
_READ_SECONDS = 60


class NoMatch(Failure):
    """The API server serves no such kind."""


class ApiError(Failure):
    """The API server's own refusal."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        super().__init__(status.get("message") or status.get("reason") or "unknown error")
        self.reason: str = status.get("reason", "")
        self.details: Mapping[str, Any] = status.get("details") or {}

    @property
    def missing_namespace(self) -> bool:
        """Whether what is not found is the object's namespace."""
        return self.reason == "NotFound" and self.details.get("kind") == "namespaces"


@dataclass(frozen=True)
class Kind:
    """Where the objects of a kind live."""

    root: str
    plural: str
    namespaced: bool

    @property
    def resource(self) -> str:
        """The name with its group: `jobs.batch`."""
        group = self.root.removeprefix("/apis/").rpartition("/")[0]
        return f"{self.plural}.{group}" if self.root.startswith("/apis/") else self.plural

    def path(self, namespace: str, name: str = "") -> str:
        """The URL path of an object, or of all in a namespace."""
        middle = f"/namespaces/{quote(namespace)}" if self.namespaced and namespace else ""
        return f"{self.root}{middle}/{self.plural}" + (f"/{quote(name)}" if name else "")


@dataclass
class Cluster:
    """The connection, made when it is first needed."""

    settings: Mapping[str, Any]
    config: dict[str, Any] = field(default_factory=dict)
    """The kubeconfig, its current context being the one that the settings choose."""

    def __post_init__(self) -> None:
        self._kinds: dict[str, dict[str, Kind]] = {}
        self._lock = threading.Lock()
        self._client: Any = None
        self.unreachable = ""
        """Why the cluster can't be asked anything; empty when it can."""

    def connect(self) -> None:
        """Find out whether the cluster answers; the reason is kept, nothing is raised."""
        try:
            self.config = kubeconfig(self.settings)
            self._client = client(self.config)
            self.request("GET", "/version")
        except Unreachable as reason:
            self.unreachable = str(reason)
        except ApiError as error:
            self.unreachable = f"unable to load schema information from the API server: {error}"

    @property
    def namespace(self) -> str:
        """Where objects go that name no namespace."""
        if chosen := self.settings.get("namespace"):
            return chosen
        return current_context(self.config).get("namespace") or "default"

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """What the API server answers; its refusals are raised."""
        content: Any = body
        if content_type != "application/json" and body is not None:
            content = json.dumps(body).encode()
        call = self._client.param_serialize(
            method=method,
            resource_path=path,
            query_params=list((query or {}).items()),
            header_params={"Accept": "application/json", "Content-Type": content_type},
            auth_settings=["BearerToken"],
        )
        method, url, headers = call[0], call[1], call[2]
        timeout = (_CONNECT_SECONDS, _READ_SECONDS)
        try:
            response = self._client.call_api(
                method, url, headers, body=content, _request_timeout=timeout
            )
            text = response.read()
        except (HTTPError, ApiException) as error:
            raise Unreachable(
                "unable to load schema information from the API server: "
                f'{method.capitalize()} "{url}": {_in_words(url, error)}'
            ) from error
        try:
            answer = json.loads(text or b"{}")
        except ValueError:
            answer = {"message": text.decode(errors="replace").strip()}
        if response.status >= 400:
            raise ApiError(answer)
        return answer

    def kind(self, api_version: str, kind: str) -> Kind:
        """The kind's place, asked once for each group and version."""
        with self._lock:
            if kind not in self._kinds.get(api_version, {}):
                self._kinds[api_version] = self._discover(api_version)
        try:
            return self._kinds[api_version][kind]
        except KeyError:
            message = f'no matches for kind "{kind}" in version "{api_version}"'
            raise NoMatch(message) from None

    def _discover(self, api_version: str) -> dict[str, Kind]:
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            listed = self.request("GET", root)["resources"]
        except ApiError as error:
            if error.reason == "NotFound" or not error.reason:
                return {}
            raise
        return {
            item["kind"]: Kind(root, item["name"], item["namespaced"])
            for item in listed
            if "/" not in item["name"]
        }

    def path(self, thing: Mapping[str, Any]) -> str:
        """The URL path of an object."""
        metadata = thing["metadata"]
        kind = self.kind(thing["apiVersion"], thing["kind"])
        return kind.path(metadata.get("namespace") or self.namespace, metadata["name"])

    def get(self, thing: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object as it is now; None when there is none."""
        try:
            return self.request("GET", self.path(thing))
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise

    def list(
        self, api_version: str, kind: str, namespace: str, selector: str = ""
    ) -> list[dict[str, Any]]:
        """All objects of a kind in a namespace."""
        path = self.kind(api_version, kind).path(namespace)
        query = {"labelSelector": selector} if selector else {}
        return self.request("GET", path, query)["items"]

    def apply(
        self, thing: Mapping[str, Any], manager: str, force: bool, dry_run: bool
    ) -> dict[str, Any]:
        """Apply an object on the server's side, as the field manager."""
        query = {"fieldManager": manager, "force": str(force).lower()}
        if dry_run:
            query["dryRun"] = "All"
        return self.request(
            "PATCH", self.path(thing), query, thing, content_type="application/apply-patch+yaml"
        )

    def delete(self, thing: Mapping[str, Any], propagation: str) -> None:
        """Ask for an object's deletion."""
        self.request("DELETE", self.path(thing), body={"propagationPolicy": propagation})


def _in_words(url: str, error: Exception) -> str:
    """Why there was no answer, as Go's client puts it."""
    cause = getattr(error, "reason", None) or error
    address = urlsplit(url)
    if isinstance(error, ApiException):
        reason = str(cause).strip().rpartition("\n")[2].partition(" (_ssl")[0]
        return f"tls: failed to verify certificate: {reason}"
    if isinstance(cause, NameResolutionError):
        return f"dial tcp: lookup {address.hostname}: no such host"
    if isinstance(cause, NewConnectionError):
        words = str(cause.__context__ or cause).rpartition("] ")[2].lower()
        return f"dial tcp {address.netloc}: connect: {words}"
    if isinstance(cause, ConnectTimeoutError):
        return f"dial tcp {address.netloc}: i/o timeout"
    return str(cause)
