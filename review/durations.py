"""How long a change of a setting interrupts the database, by the documents of each cloud."""

import dataclasses
from collections.abc import Mapping

_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide"
_SCALING = "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-scaling-resources"


@dataclasses.dataclass(frozen=True)
class Interruption:
    """What a cloud says about the interruption by a change."""

    words: str
    source: str = ""
    interrupts: bool = True


_STATED: Mapping[tuple[str, str], Interruption] = {
    ("aws", "size"): Interruption(
        "with a standby, a failover, which typically takes 60 to 120 seconds; without one, for as "
        "long as PostgreSQL's recovery on another host takes",
        "https://aws.amazon.com/premiumsupport/knowledge-center/rds-performance-impact/",
    ),
    ("aws", "storageGb"): Interruption(
        "no downtime, but performance may be degraded",
        f"{_RDS}/USER_ModifyInstance.Settings.html",
        interrupts=False,
    ),
    ("aws", "highAvailability"): Interruption(
        "no downtime, but writes may be slower",
        f"{_RDS}/Concepts.MultiAZ.Migrating.html",
        interrupts=False,
    ),
    ("azure", "size"): Interruption(
        "less than 30 seconds with near-zero downtime scaling, otherwise 2 to 10 minutes",
        _SCALING,
    ),
    ("azure", "storageGb"): Interruption(
        "a restart, typically a minute or less, but it can take several minutes", _SCALING
    ),
}
"""By cloud and setting."""


def interruption(cloud: str, setting: str, product: str) -> Interruption:
    """The interruption by the change of a setting, with a link to the cloud's words."""
    found = _STATED.get((cloud, setting))
    if found is None:
        return Interruption(f"a short interruption; no duration stated by {product} is known here")
    return dataclasses.replace(found, words=f"{found.words} ([{product}]({found.source}))")
