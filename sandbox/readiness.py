"""Whether a part is of use, as its declaration says it shows."""

import contextlib
import ssl
import time
import urllib.request
from collections.abc import Iterable
from socket import create_connection
from urllib.parse import urlsplit

from sandbox import credentials, parts


def wait(names: Iterable[str], seconds: float) -> None:
    """Return once all of these parts run as declared and are ready."""
    end = time.monotonic() + seconds
    for name in names:
        url = parts.read(parts.file(name)).ready

        def ready(name: str = name, url: str = url) -> bool:
            return parts.current(name) is not None and (not url or answers(url))

        parts.wait_until(ready, f"{name} to be ready", max(1, end - time.monotonic()), name)


def answers(url: str) -> bool:
    """Whether an http or https URL answers 200, or a tcp one accepts a connection."""
    target = urlsplit(url)
    with contextlib.suppress(OSError):
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
