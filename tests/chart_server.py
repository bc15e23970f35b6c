"""A repository with the sandbox's stand-ins for both charts, for tests that have no sandbox."""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox.cluster import chart_repository
from sandbox.machine import paths


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextmanager
def serve(folder: Path, handler: type[SimpleHTTPRequestHandler] = _Handler) -> Iterator[str]:
    """The URL at which the folder is served meanwhile."""
    bound = functools.partial(handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), bound) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def build(folder: Path) -> Path:
    """Package every version of both charts into a folder for each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "CHARTS", folder)
        chart_repository.build()
    return folder
