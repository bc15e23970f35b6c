"""A Git repository behind HTTPS, as GitHub serves one."""

import contextlib
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sandbox.machine.certificate_authority import CertificateAuthority

_AUTHOR = ("-c", "user.name=Author", "-c", "user.email=author@example.com")


@contextlib.contextmanager
def serve(files: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Serve a repository with these files; its address, and the CA of the server."""
    repository = folder / "owner" / "repository.git"
    both = ("--git-dir", str(repository), "--work-tree", str(files), *_AUTHOR)
    for words in (
        ("init", "--quiet", "--bare", "--initial-branch=main", str(repository)),
        (*both, "add", "--all"),
        (*both, "commit", "--quiet", "--message=All"),
    ):
        subprocess.run(["git", *words], check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, folder)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    authority = CertificateAuthority(folder, "Test CA")
    authority.issue(folder / "server", "localhost", hosts=["localhost"])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"https://localhost:{server.server_port}/owner/repository", authority.certificate_file
    server.shutdown()


def _answer(request: BaseHTTPRequestHandler, folder: Path) -> None:
    """What `git http-backend` says: https://git-scm.com/docs/git-http-backend"""
    path, _, query = request.path.partition("?")
    length = request.headers.get("Content-Length", "0")
    environment = os.environ | {
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "CONTENT_LENGTH": length,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": request.command,
    }
    done = subprocess.run(
        ["git", "http-backend"],
        env=environment,
        input=request.rfile.read(int(length)),
        capture_output=True,
        check=True,
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    request.send_response(int(headers.pop("Status", "200 OK").split()[0]))
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
