"""The name of a stack's server, which is global."""

import hashlib

from components.azure.ids import ResourceId
from components.server.names import slug

_LONGEST_SLUG = 40


def server_name(stack: str, cluster: ResourceId, resource_group: str) -> str:
    """The name that follows from a stack, so that its server is found without its state.

    It is a DNS name that no other subscription may have. The cluster has no part in it, because
    the server outlives the cluster.
    """
    place = f"{cluster.subscription}/{resource_group}".lower()
    digest = hashlib.sha256(f"{place}/{stack}".encode()).hexdigest()[:8]
    return f"coder-{slug(stack.lower())[:_LONGEST_SLUG].strip('-')}-{digest}"
