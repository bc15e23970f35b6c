"""Servers are protected from deletion by Pulumi and by the cloud."""

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, PolicyResource
from pulumi_policy.proxy import UnknownValueError

from .policies import inputs_of, stack_policy
from .servers import azure_type, cloud_of
from .values import at

LOCK = azure_type("authorization:ManagementLock(ByScope|AtResourceLevel)")
GROUP_LOCK = azure_type("authorization:ManagementLockAtResourceGroupLevel")
FLAGS: dict[str, dict[str, bool]] = {
    "aws": {"deletionProtection": False},
    "azure": {},
    # The first is the provider's own, the second the API's.
    "gcp": {"deletionProtection": True, "settings.deletionProtectionEnabled": False},
}
"""The inputs of each cloud's server that protect it, with their defaults. Azure has none: a lock
does it."""


def both_places(server: PolicyResource, stack: list[PolicyResource]) -> Iterator[str]:
    """One line for each place that does not protect a server which another one protects."""
    places = _places(server, stack)
    if any(places.values()):
        yield from (cure for cure, protects in places.items() if not protects)


def unprotected(server: PolicyResource, stack: list[PolicyResource]) -> Iterator[str]:
    """A line for a server that no place protects."""
    places = _places(server, stack)
    if places and not any(places.values()):
        yield (
            "neither Pulumi nor the cloud protects it from deletion; type "
            "`pulumi config set protect true`, unless it is to be deleted"
        )


def _places(server: PolicyResource, stack: list[PolicyResource]) -> dict[str, bool]:
    """What makes each place protect the server, and whether it does; empty if it is no server."""
    inputs = inputs_of(server)
    cloud = cloud_of(server.resource_type, inputs)
    if not cloud:
        return {}
    places = {"protect (resource option): is false; set it to true": bool(server.opts.protect)}
    for flag, default in FLAGS[cloud].items():
        places[f"{flag}: is false; set it to true"] = at(inputs, flag, default)
    if cloud == "azure":
        no_lock = (
            "has no management lock; add a ManagementLockByScope of level CanNotDelete, in this "
            "program by server.managementLock true"
        )
        places[no_lock] = any(_locks(resource, server) for resource in stack)
    return places


def _locks(lock: PolicyResource, server: PolicyResource) -> bool:
    if GROUP_LOCK.fullmatch(lock.resource_type):
        groups = {_known(each, "resourceGroupName") for each in (lock, server)}
        locks = len(groups) == 1 and groups.isdisjoint({"", None})
    elif LOCK.fullmatch(lock.resource_type):
        named = (lock.property_dependencies.get(key, []) for key in ("scope", "resourceName"))
        locks = server.urn in {each.urn for scopes in named for each in scopes}
    else:
        return False
    return locks and _known(lock, "level") not in (None, "NotSpecified")


def _known(resource: PolicyResource, path: str) -> str | None:
    """The value of an input; empty if only the update knows it."""
    try:
        return at(inputs_of(resource), path)
    except UnknownValueError:
        return ""


BOTH_PLACES = stack_policy(
    "deletion-protection",
    "A protected database is protected by Pulumi and by the cloud.",
    both_places,
)
UNPROTECTED = stack_policy(
    "unprotected-database",
    "A database is protected from deletion.",
    unprotected,
    EnforcementLevel.ADVISORY,
)
