"""What stacks run in Kubernetes: Coder's Helm release, and pods."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .policies import Properties
from .values import Path, at, known, objects

RELEASE = "kubernetes:helm.sh/v3:Release"
CHART = re.compile(r"kubernetes:helm\.sh/v\d+:(Local)?Chart")
"""A component, whose inputs the engine does not get; the objects that it makes are resources."""
SECRET = "kubernetes:core/v1:Secret"
CODER = re.compile(r"coder(-v?\d[\w.+-]*\.tgz)?([:@].*)?")
"""The chart's name, its file, or the end of its address. Not coder-logstream-kube."""
CONTAINERS = ("containers", "initContainers")


def is_coder(resource_type: str, inputs: Properties) -> bool:
    """Whether the resource is a Helm release of Coder's chart: by name, by URL or in a file."""
    if resource_type != RELEASE:
        return False
    return CODER.fullmatch(str(at(inputs, "chart", "")).rpartition("/")[2]) is not None


def secret_texts(inputs: Properties) -> Iterator[tuple[str, str]]:
    """Each known text of a Secret, by its key; the provider turns all into `data`."""
    # A first preview may know of neither object what is in it.
    content = dict(known(inputs))
    for key, text in known(content.get("stringData")):
        yield str(key), str(text)
    for key, text in known(content.get("data")):
        try:
            yield str(key), base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue  # no text


def environment(resource_type: str, inputs: Properties) -> Iterator[tuple[Path, str, Any]]:
    """Each environment variable of a container with a known plain value: path, name, value."""
    if resource_type == RELEASE or not resource_type.startswith("kubernetes:"):
        return
    for path, pod in objects(inputs):
        for key in CONTAINERS:
            for number, container in known(pod.get(key) if key in set(pod) else None):
                yield from _variables(container, (*path, key, number))


def _variables(container: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    variables = dict(known(container)).get("env")
    for number, variable in known(variables):
        entry: Mapping[Any, Any] = dict(known(variable))
        if "name" in entry and "value" in entry:
            yield (*path, "env", number, "value"), entry["name"], entry["value"]
