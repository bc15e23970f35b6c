"""The storage sizes and tags that Azure accepts, and what the program calls its own."""

import dataclasses
import re
from collections.abc import Iterator, Mapping

from components.server.policy import LabelPolicy, StoragePolicy

ADMIN = "coder_admin"
"""The administrator login of every server."""
RESTORED_FROM = "coder:restored-from"
"""The tag of a server that was restored: its admin password is its source's until it is changed."""
_DNS_NAME = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)
_DNS_MOST = 15


@dataclasses.dataclass(frozen=True, kw_only=True)
class DiskSizes(StoragePolicy):
    """Storage in the sizes of Azure's disks, each about twice the one before."""

    sizes: tuple[int, ...]

    def minimum_next_size(self, storage_gb: float) -> float:
        """The next size; the largest one has none."""
        return next((size for size in self.sizes if size > storage_gb), self.maximum)

    def problems(self, storage_gb: int, max_storage_gb: int) -> Iterator[str]:
        """One line for every size that Azure would refuse."""
        if storage_gb not in self.sizes:
            yield f"storageGb: is {storage_gb}, must be one of {', '.join(map(str, self.sizes))}"
        if not storage_gb <= max_storage_gb <= self.maximum:
            yield (
                f"maxStorageGb: is {max_storage_gb}, must be storageGb ({storage_gb}) for storage "
                f"that never grows by itself, or more, up to {self.maximum}"
            )


# https://github.com/hashicorp/terraform-provider-azurerm/blob/main/internal/services/postgres/validate/flexible_server_storage.go
STORAGE = DiskSizes(
    minimum=32,
    maximum=32767,
    sizes=(32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384, 32767),
)
# https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
LABELS = LabelPolicy(
    name=re.compile(r"[^<>%&\\?/\x00-\x1f]{1,512}"),
    value=re.compile(r".{0,256}"),
    rule="a name of 1 to 512 characters without <>%&\\?/ and a value of up to 256 characters",
    reserved=re.compile("microsoft|azure|windows|coder:", re.IGNORECASE),
    most=47,
    stack="coder:stack",
    zone="coder:zone",
)


def dns_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that a private DNS zone takes: simple names, and fewer than other resources."""
    taken = [name for name in sorted(labels) if _DNS_NAME.fullmatch(name)]
    return {name: labels[name] for name in taken[:_DNS_MOST]}
