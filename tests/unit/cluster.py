"""A pretend API server over HTTP, and a kubeconfig that points to it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from components.guards import value_at

API = "/api/v1/namespaces"
CREATED = "2026-01-02T03:04:00Z"


class PretendCluster:
    """Answers GET with the objects that a test puts into it."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        """By path."""
        self.status: dict[str, int] = {}
        """Paths that are answered with an error."""
        self.asked: list[str] = []
        self.queries: list[dict[str, list[str]]] = []
        self.patched: list[tuple[str, str, Any]] = []
        """The path, the content type and the body of each change."""
        self.accepted: list[str] = []
        self.tokens: list[str | None] = []

    def add(
        self, namespace: str, kind: str = "", name: str = "", *, api: str = API, **fields: Any
    ) -> None:
        """Put an object into a namespace, or the Namespace itself."""
        path = f"{api}/{namespace}" + (f"/{kind}/{name}" if kind else "")
        metadata = {"name": name or namespace, "creationTimestamp": CREATED}
        metadata |= fields.pop("metadata", {})
        self.objects[path] = {"metadata": metadata, **fields}

    def add_release(self, namespace: str, name: str, *statuses: str) -> None:
        """Put a Helm release with these revisions into a namespace."""
        for version, status in enumerate(statuses, 1):
            labels = {"owner": "helm", "name": name, "status": status, "version": str(version)}
            secret = f"sh.helm.release.v1.{name}.v{version}"
            self.add(namespace, "secrets", secret, metadata={"labels": labels})

    def answer(self, path: str) -> tuple[int, dict[str, Any] | str]:
        """The status and the body of one answer; text where it is a log."""
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        self.asked.append(parts.path)
        self.queries.append(query)
        if status := self.status.get(parts.path):
            return status, {"kind": "Status", "message": f"no {parts.path}\nfor you"}
        if found := self.objects.get(parts.path):
            return 200, found.get("text", found)
        if "labelSelector" not in query and "fieldSelector" not in query:
            return 404, {"kind": "Status", "message": "not found"}
        labels, fields = (
            dict(term.split("=", 1) for text in query.get(selector, ()) for term in text.split(","))
            for selector in ("labelSelector", "fieldSelector")
        )
        items = [
            each
            for place, each in sorted(self.objects.items(), reverse=True)
            if place.startswith(f"{parts.path}/")
            and labels.items() <= each["metadata"].get("labels", {}).items()
            and all(str(value_at(each, path)) == value for path, value in fields.items())
        ]
        return 200, {"items": items or None}

    @contextmanager
    def serving(self, kubeconfig: Path) -> Iterator[None]:
        """Serve, and write a kubeconfig."""
        pretended = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pretended.tokens.append(self.headers["Authorization"])
                pretended.accepted.append(self.headers["Accept"])
                status, body = pretended.answer(self.path)
                self.send_response(status)
                self.end_headers()
                self.wfile.write((body if isinstance(body, str) else json.dumps(body)).encode())

            def do_PATCH(self) -> None:
                length = int(self.headers["Content-Length"])
                kind = self.headers["Content-Type"]
                pretended.patched.append((self.path, kind, json.loads(self.rfile.read(length))))
                self.do_GET()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # The usual interval makes each shutdown wait for half a second.
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        kubeconfig.write_text(yaml.safe_dump(pointing_to(f"http://127.0.0.1:{server.server_port}")))
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()


def pointing_to(server: str, **user: Any) -> dict[str, Any]:
    """A kubeconfig of one cluster."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "users": [{"name": "me", "user": user or {"token": "t0ken"}}],
    }
