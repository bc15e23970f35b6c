"""The files in permissions/, and what the simulated clouds have recorded against them."""

import fnmatch
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sandbox.providers.cloud.account import PERMISSIONS
from sandbox.providers.framework.requests import READS, Permission, Recorded, recorded

FOLDER = Path(__file__).parent.parent / "permissions"
FILES: Mapping[str, tuple[str, str]] = {
    "aws": ("aws-preview.json", "aws-deploy.json"),
    "azure-native": ("azure-preview.json", "azure-deploy.json"),
    "gcp": ("gcp-preview.yaml", "gcp-deploy.yaml"),
}
"""The files of each provider: what a preview needs, and what an update needs."""


@functools.cache
def content(name: str) -> dict[str, Any]:
    """What a file holds; JSON is YAML, too."""
    return yaml.safe_load((FOLDER / name).read_text())


def actions(file: Mapping[str, Any]) -> list[str]:
    """All actions that a file grants, in the order of the file."""
    statements = file.get("Statement")
    if statements:
        return [action for each in statements for action in each["Action"]]
    return file.get("Actions") or file["includedPermissions"]


def grants(file: Mapping[str, Any], needed: Permission) -> bool:
    """Whether a file grants a permission."""
    if statements := file.get("Statement"):
        return any(_allows(each, needed) for each in statements)
    return needed.action in actions(file)


def _allows(statement: Mapping[str, Any], needed: Permission) -> bool:
    """Whether a statement of an IAM policy grants a permission.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """
    resources = statement["Resource"]
    return (
        needed.action in statement["Action"]
        and any(
            fnmatch.fnmatchcase(needed.resource, each)
            for each in ([resources] if isinstance(resources, str) else resources)
        )
        and all(
            fnmatch.fnmatchcase(needed.conditions.get(key, ""), value)
            for values in statement.get("Condition", {}).values()
            for key, value in values.items()
        )
    )


def lacking(provider: str, found: Iterable[Recorded]) -> Iterator[str]:
    """A line for each permission that a file should grant and does not."""
    preview, deploy = FILES[provider]
    for each in found:
        for name in (preview, deploy) if each.kind in READS else (deploy,):
            if not grants(content(name), each.permission):
                needed = each.permission
                yield (
                    f"permissions/{name} does not grant {needed.action} on {needed.resource} "
                    f"{dict(needed.conditions) or ''}: the {each.kind} of {each.type} needs it"
                )


_seen: dict[Path, int] = {}


def check(folder: Path, used: Collection[str] = ()) -> None:
    """Fail if what has been recorded in the folder since the last call is not granted.

    And if nothing was ever recorded of a provider that was used.
    """
    lines: set[str] = set()
    for provider in FILES:
        file = folder / provider / PERMISSIONS
        text = file.read_text() if file.exists() else ""
        seen = _seen.get(file, 0)
        lines |= set(lacking(provider, recorded(text[seen if seen <= len(text) else 0 :])))
        _seen[file] = len(text)
        if provider in used and not text:
            lines.add(f"{file}: is empty, so that nothing says what the stack needs")
    assert not lines, "\n".join(sorted(lines))


class Right(NamedTuple):
    """What RBAC in Kubernetes grants."""

    group: str
    resource: str
    verb: str


def rights(rules: Iterable[Mapping[str, Any]]) -> Iterator[Right]:
    """What the rules of a Role grant."""
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                yield from (Right(group, resource, verb) for verb in rule["verbs"])


def cluster_role(size: str) -> set[Right]:
    """What the ClusterRole of a size grants."""
    return set(rights(content(f"kubernetes-{size}.yaml")["rules"]))
