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
        self.accepted: list[str] = []
        self.tokens: list[str | None] = []

    def add(self, namespace: str, kind: str = "", name: str = "", **fields: Any) -> None:
        """Put an object into a namespace, or the Namespace itself."""
        path = f"{API}/{namespace}" + (f"/{kind}/{name}" if kind else "")
        metadata = {"name": name or namespace, "creationTimestamp": CREATED}
        metadata |= fields.pop("metadata", {})
        self.objects[path] = {"metadata": metadata, **fields}

    def add_release(self, namespace: str, name: str, *statuses: str) -> None:
        """Put a Helm release with these revisions into a namespace."""
        for version, status in enumerate(statuses, 1):
            labels = {"owner": "helm", "name": name, "status": status, "version": str(version)}
            secret = f"sh.helm.release.v1.{name}.v{version}"
            self.add(namespace, "secrets", secret, metadata={"labels": labels})

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        """The status and the body of one answer."""
        parts = urlsplit(path)
        self.asked.append(parts.path)
        if status := self.status.get(parts.path):
            return status, {"kind": "Status", "message": f"no {parts.path}\nfor you"}
        if found := self.objects.get(parts.path):
            return 200, found
        if parts.path.count("/") != 5:
            return 404, {"kind": "Status", "message": "not found"}
        selector = dict(
            term.split("=", 1) for term in parse_qs(parts.query)["labelSelector"][0].split(",")
        )
        items = [
            each
            for place, each in sorted(self.objects.items(), reverse=True)
            if place.startswith(f"{parts.path}/")
            and selector.items() <= each["metadata"].get("labels", {}).items()
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
                self.wfile.write(json.dumps(body).encode())

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
