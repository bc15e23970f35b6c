"""Readiness checks of services."""

import contextlib
import ssl
import time
import urllib.request
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit

from sandbox.machine import paths, services


def wait(names: Iterable[str], seconds: float) -> None:
    """Wait until all of these services are ready."""
    end = time.monotonic() + seconds
    for name in names:
        left = max(1, end - time.monotonic())
        services.wait_until(partial(is_ready, name), f"{name} to be ready", left, name)


def is_ready(name: str) -> bool:
    """Whether a service runs from its present declaration and passes its readiness check."""
    url = services.read(services.declaration_file(name)).ready
    status = services.current_status(name)
    return status is not None and (not url or _passes(url, status.started_at))


def _passes(url: str, started_at: float) -> bool:
    target = urlsplit(url)
    with contextlib.suppress(OSError):
        if target.scheme == "file":
            return Path(target.path).stat().st_mtime >= started_at
        if target.scheme == "tcp":
            create_connection((target.hostname, target.port), 1).close()
            return True
        context = None
        if target.scheme == "https":
            context = ssl.create_default_context(cafile=str(paths.CLUSTER_CA))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),  # a proxy cannot reach the sandbox's addresses
            urllib.request.HTTPSHandler(context=context),
        )
        with opener.open(url, timeout=2) as response:
            return response.status == 200
    return False
