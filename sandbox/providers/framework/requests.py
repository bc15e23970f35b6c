"""What a provider asks of its cloud, and the permissions that the cloud demands for it."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["look-up", "read", "create", "update", "delete"]
READS: frozenset[Kind] = frozenset(("look-up", "read"))
"""The operations that a preview makes too."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One operation of a provider on its cloud."""

    kind: Kind
    type: str
    """Of the resource; of a look-up, the function's token."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """The new inputs of a resource, or the arguments of a look-up."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """Of a resource that exists."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The provider's own inputs."""


@dataclass(frozen=True)
class Permission:
    """What the cloud's access control must allow."""

    action: str
    resource: str = "*"
    """The name of one resource; `*`: the cloud demands the permission on all resources."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """The values that the request has of condition keys."""


@dataclass(frozen=True)
class Recorded:
    """A permission that an operation needed."""

    kind: Kind
    type: str
    permission: Permission


def record(file: Path, request: Request, permissions: Iterable[Permission]) -> None:
    """Add the permissions that an operation needs to those that are recorded."""
    lines = [
        json.dumps([request.kind, request.type, each.action, each.resource, dict(each.conditions)])
        for each in permissions
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    # One write at the end of the file: other plugins record at the same time.
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(descriptor, "w") as opened:
        opened.write("".join(f"{line}\n" for line in lines))


def recorded(text: str) -> list[Recorded]:
    """What a record says."""
    found: list[Recorded] = []
    for line in text.splitlines():
        kind, type, *permission = json.loads(line)
        found.append(Recorded(kind, type, Permission(*permission)))
    return found
