"""What keeps pods from running or ending: an image registry, and an injector of sidecars."""

import base64
import contextlib
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.cluster import images
from sandbox.machine import network, paths
from sandbox.machine.certificate_authority import CertificateAuthority
from tests.sandbox.stack import kubectl

USER, PASSWORD = "robot", "r0bot-canary"
SIDECAR: dict[str, Any] = {
    "name": "proxy",
    "image": images.POSTGRES[0],
    "command": ["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"],
    "resources": {"limits": {"cpu": "100m", "memory": "32Mi"}},
}


class Registry(http.server.BaseHTTPRequestHandler):
    """Has no image, and shows that only to its user."""

    def do_HEAD(self) -> None:
        given = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {given}":
            self.send_response(404)
        else:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="registry"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


@contextlib.contextmanager
def registry() -> Iterator[str]:
    """The address of a registry that the nodes reach with plain HTTP."""
    with _serving(Registry) as server:
        address = f"{network.HOST}:{server.server_port}"
        hosts = paths.REGISTRIES / address / "hosts.toml"
        hosts.parent.mkdir(parents=True)
        # containerd asks the second one after a 404 of the first; without the first, it uses HTTPS.
        hosts.write_text(f'server = "http://{address}"\n\n[host."http://{address}"]\n')
        yield address


class Injector(http.server.BaseHTTPRequestHandler):
    """Adds a sidecar to each pod, as a service mesh does."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        change = [{"op": "add", "path": "/spec/containers/-", "value": SIDECAR}]
        asked["response"] = {
            "uid": asked.pop("request")["uid"],
            "allowed": True,
            "patchType": "JSONPatch",
            "patch": base64.b64encode(json.dumps(change).encode()).decode(),
        }
        body = json.dumps(asked).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


@contextlib.contextmanager
def injection(folder: Path, namespace: str) -> Iterator[None]:
    """Has an admission webhook add the sidecar to the pods of a Namespace."""
    authority = CertificateAuthority(folder, "injector")
    authority.issue(folder / "server", "injector", hosts=[network.HOST])
    with _serving(Injector, folder / "server") as server:
        webhook = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "injector"},
            "webhooks": [
                {
                    "name": "injector.example.com",
                    "clientConfig": {
                        "url": f"https://{network.HOST}:{server.server_port}/",
                        "caBundle": _base64(authority.certificate_file),
                    },
                    "namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": namespace}
                    },
                    "rules": [
                        {
                            "apiGroups": [""],
                            "apiVersions": ["v1"],
                            "operations": ["CREATE"],
                            "resources": ["pods"],
                        }
                    ],
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                }
            ],
        }
        file = folder / "webhook.json"
        file.write_text(json.dumps(webhook))
        kubectl("apply", "-f", str(file))
        try:
            yield
        finally:
            kubectl("delete", "-f", str(file))


@contextlib.contextmanager
def _serving(
    handler: type[http.server.BaseHTTPRequestHandler], certificate: Path | None = None
) -> Iterator[http.server.ThreadingHTTPServer]:
    with http.server.ThreadingHTTPServer((network.HOST, 0), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{certificate}.crt", f"{certificate}.key")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
