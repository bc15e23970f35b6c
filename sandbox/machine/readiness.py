"""Whether a part is of use, as its declaration says it shows."""

import contextlib
import ssl
import time
import urllib.request
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit

from sandbox.cluster import credentials
from sandbox.machine import services


def wait(names: Iterable[str], seconds: float) -> None:
    """Return once all of these parts run as declared and are ready."""
    end = time.monotonic() + seconds
    for name in names:
        left = max(1, end - time.monotonic())
        services.wait_until(partial(ready, name), f"{name} to be ready", left, name)


def ready(name: str) -> bool:
    """Whether a part runs as declared and shows that it is of use."""
    url, state = services.read(services.file(name)).ready, services.current(name)
    return state is not None and (not url or _answers(url, state.started))


def _answers(url: str, since: float) -> bool:
    target = urlsplit(url)
    with contextlib.suppress(OSError):
        if target.scheme == "file":
            return Path(target.path).stat().st_mtime >= since
        if target.scheme == "tcp":
            create_connection((target.hostname, target.port), 1).close()
            return True
        context = None
        if target.scheme == "https":
            context = ssl.create_default_context(cafile=str(credentials.CA))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),  # none leads to the sandbox
            urllib.request.HTTPSHandler(context=context),
        )
        with opener.open(url, timeout=2) as response:
            return response.status == 200
    return False
