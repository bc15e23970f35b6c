"""The subnets that RDS may put a server in."""

import dataclasses
from collections.abc import Iterator

from pulumi_aws import ec2

from components.aws import lookup


@dataclasses.dataclass(frozen=True)
class Subnet:
    """One subnet of the cluster's VPC."""

    identifier: str
    zone: str
    vpc_id: str
    public: bool


@dataclasses.dataclass
class Subnets:
    """Those given, or those of the cluster and, where they add a zone, of its nodes."""

    vpc_id: str
    given: bool
    known: dict[str, Subnet]
    nodes: dict[str, Subnet]

    @classmethod
    def find(cls, vpc_id: str, given: list[str], of_cluster: list[str]) -> "Subnets":
        """Look up the subnets given, or else the cluster's."""
        known = {identifier: _look_up(identifier) for identifier in given or of_cluster}
        return cls(vpc_id, bool(given), known, {})

    def of_nodes(self, identifier: str) -> str:
        """The zone of a node group's subnet, which counts among those to choose from."""
        subnet = self.known.get(identifier) or self.nodes.get(identifier)
        if subnet is None:
            subnet = self.nodes[identifier] = _look_up(identifier)
        return subnet.zone

    def chosen(self, zone: str) -> tuple[str, ...]:
        """The subnets for the server: private ones, as long as they leave RDS enough zones."""
        private = [subnet for subnet in self._usable(zone) if not subnet.public]
        enough = len(_zones(private)) > 1 and zone in _zones(private)
        chosen = private if enough and not self.given else self._usable(zone)
        return tuple(sorted(subnet.identifier for subnet in chosen))

    def problems(self, zone: str) -> Iterator[str]:
        """A line for each reason that RDS would refuse them."""
        usable = self._usable(zone)
        whose = "those given" if self.given else "the cluster's subnets"
        for subnet in usable:
            if subnet.vpc_id != self.vpc_id:
                yield (
                    f"network.subnetIds: {subnet.identifier} is in {subnet.vpc_id}, must be in "
                    f"{self.vpc_id}, the VPC of the server"
                )
        zones = ", ".join(sorted(_zones(usable))) or "no zone"
        if len(_zones(usable)) < 2:
            yield (
                f"network.subnetIds: {whose} are all in {zones}, must be in two zones or more, as "
                "RDS insists on it, also for a server in one; type `pulumi config set --path "
                "'network.subnetIds[0]' subnet-…` and so on for each"
            )
        if zone and zone not in _zones(usable):
            yield (
                f'zone: is "{zone}", yet {whose} are in {zones}; choose one of those, or give '
                "network.subnetIds with a subnet there"
            )

    def misses(self, home: str, zone: str) -> Iterator[str]:
        """A line where RDS would not let go of the subnets in a zone that a server has moved to."""
        subnets = self.known | self.nodes
        if zone not in _zones([subnets[each] for each in self.chosen(home)]):
            yield (
                f"network.subnetIds: none is in {zone}, where a failover has put the server; add "
                "one that is"
            )

    def _usable(self, zone: str) -> list[Subnet]:
        usable = list(self.known.values())
        if not self.given and zone not in _zones(usable):
            usable += [subnet for subnet in self.nodes.values() if subnet.zone == zone]
        return usable


def _zones(subnets: list[Subnet]) -> set[str]:
    return {subnet.zone for subnet in subnets}


def _look_up(identifier: str) -> Subnet:
    found = lookup.ask(f"network.subnetIds: {identifier}", ec2.get_subnet, id=identifier)
    return Subnet(identifier, found.availability_zone, found.vpc_id, found.map_public_ip_on_launch)
