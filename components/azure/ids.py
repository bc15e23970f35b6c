"""Azure's resource IDs, whose case has no meaning."""

import dataclasses
import re

_ID = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/([^/]+/[^/]+)/([^/]+)"
    r"(?:/([^/]+)/([^/]+))?",
    re.IGNORECASE,
)
SERVER = "Microsoft.DBforPostgreSQL/flexibleServers"
NETWORK = "Microsoft.Network/virtualNetworks"
SUBNET = f"{NETWORK}/subnets"
ZONE = "Microsoft.Network/privateDnsZones"
ENDPOINT = "Microsoft.Network/privateEndpoints"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"


@dataclasses.dataclass(frozen=True)
class ResourceId:
    """The parts of the ID of a resource, or of a child of one."""

    subscription: str
    resource_group: str
    kind: str
    """Type of the resource, with the child's type if there is one."""
    name: str
    child: str
    text: str

    @property
    def parent(self) -> "ResourceId":
        """Of a child, the resource that contains it."""
        return parse(self.text.rsplit("/", 2)[0])

    @property
    def key(self) -> str:
        """Equal for IDs of the same resource."""
        return self.text.lower()

    def is_a(self, kind: str) -> bool:
        """Whether it identifies a resource of that type."""
        return self.kind.lower() == kind.lower()


def parse(text: str, kind: str = "") -> ResourceId:
    """The parts of an ID; all are empty if the text is no ID, or none of that type."""
    found = _ID.fullmatch(text)
    if found:
        subscription, group, of, name, child_kind, child = found.groups("")
        id = ResourceId(subscription, group, f"{of}/{child_kind}".strip("/"), name, child, text)
        if not kind or id.is_a(kind):
            return id
    return ResourceId("", "", "", "", "", text)


def resource_id(subscription: str, resource_group: str, kind: str, name: str) -> str:
    """The ID of a resource that has no parent."""
    return f"/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/{kind}/{name}"
