"""IDs of Azure Resource Manager; they ignore case."""

import re
from collections.abc import Mapping
from typing import Any


def resource(template: str, subscription: str, inputs: Mapping[str, Any]) -> str:
    """The ID that a template like `/subscriptions/{subscriptionId}/...` has with these inputs."""
    return template.format_map({**inputs, "subscriptionId": subscription})


def parameters(template: str, id: str) -> dict[str, str] | None:
    """The inputs that an ID contains; None if it does not fit the template."""
    pattern = re.escape(template).replace(r"\{scope\}", "(?P<scope>/.+)")
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern)
    found = re.fullmatch(pattern, id, re.IGNORECASE)
    return found.groupdict() if found else None


def key(id: str) -> str:
    """The ID in the spelling in which the account stores it."""
    return id.lower()


def name_of(id: str) -> str:
    """The last part of an ID."""
    return id.rpartition("/")[2]


def parent(id: str) -> str:
    """The ID of the resource to which a child resource belongs."""
    return id.rsplit("/", 2)[0]


def group_of(id: str) -> str:
    """The name of the resource group; empty if the ID has none."""
    found = re.search(r"/resourceGroups/([^/]+)", id, re.IGNORECASE)
    return found[1] if found else ""


def type_and_name(id: str) -> str:
    """The end of an ID: `Microsoft.Network/virtualNetworks/one/subnets/two`."""
    return id.rpartition("/providers/")[2]


def type_of(id: str) -> str:
    """The resource type: `Microsoft.Network/virtualNetworks/subnets`."""
    namespace, *parts = type_and_name(id).split("/")
    return "/".join((namespace, *parts[::2]))
