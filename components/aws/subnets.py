"""The subnets that RDS may put an instance in."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from pulumi_aws import ec2

from components.server.discovery import Lookup, ask, ask_if, lookup
from components.server.lookups import if_exists


@dataclasses.dataclass(frozen=True)
class Subnet:
    """One subnet of the cluster's VPC."""

    identifier: str
    zone: str
    vpc_id: str
    public: bool
    """Whether its routes lead to an internet gateway."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subnets:
    """The subnets to choose from."""

    vpc_id: str
    given: bool
    """Whether the settings name them; then all of them are used."""
    candidates: Mapping[str, Subnet]
    """The subnets of the settings, or without them the cluster's."""
    of_nodes: Mapping[str, Subnet]
    """The subnets of the node groups; used where the cluster has none in the zone."""
    in_use: frozenset[str]
    """The subnets of the live instance's group: RDS refuses to take away the one it is in."""

    def chosen(self, zone: str) -> tuple[str, ...]:
        """The subnets for the instance: private ones, as long as they leave RDS enough zones."""
        private = [subnet for subnet in self._usable(zone) if not subnet.public]
        enough = len(_zones(private)) > 1 and zone in _zones(private)
        chosen = private if enough and not self.given else self._usable(zone)
        kept = frozenset() if self.given else self.in_use
        return tuple(sorted(kept.union(subnet.identifier for subnet in chosen)))

    def problems(self, zone: str, live_zone: str) -> Iterator[str]:
        """One line for each reason that RDS would refuse them for a server of `zone`.

        A failover may have moved it to `live_zone`.
        """
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
                f"network.subnetIds: {whose} are all in {zones}, must be in two zones or more: RDS "
                "requires it, also for a server in one zone; type `pulumi config set --path "
                "'network.subnetIds[0]' subnet-…` and so on for each"
            )
        if zone and zone not in _zones(usable):
            yield (
                f'zone: is "{zone}", but {whose} are in {zones}; choose one of those, or set '
                "network.subnetIds with a subnet there"
            )
        known = {**self.of_nodes, **self.candidates}
        chosen = [known[each] for each in self.chosen(zone) if each in known]
        if live_zone != zone and live_zone not in _zones(chosen):
            yield (
                f"network.subnetIds: none is in {live_zone}, where a failover has put the server; "
                "add one that is"
            )

    def _usable(self, zone: str) -> list[Subnet]:
        usable = list(self.candidates.values())
        if not self.given and zone not in _zones(usable):
            usable += [subnet for subnet in self.of_nodes.values() if subnet.zone == zone]
        return usable


def _zones(subnets: list[Subnet]) -> set[str]:
    return {subnet.zone for subnet in subnets}


def subnets(identifiers: Iterable[str], vpc_id: str = "") -> Lookup[dict[str, Subnet]]:
    """The subnets by their IDs; with a VPC, also whether each is public."""
    wanted = list(identifiers)

    def answer() -> dict[str, Subnet]:
        main, *found = ask(
            ask_if(bool(vpc_id and wanted), _main_routes, vpc_id),
            *map(_subnet, wanted),
            *(ask_if(bool(vpc_id), _own_routes, each) for each in wanted),
        )
        described, routes = found[: len(wanted)], found[len(wanted) :]
        return {
            name: Subnet(name, each.availability_zone, each.vpc_id, _public(own or main))
            for name, each, own in zip(wanted, described, routes, strict=True)
        }

    return answer


def _subnet(identifier: str) -> Lookup["ec2.GetSubnetResult"]:
    return lookup(f"network.subnetIds: {identifier}", ec2.get_subnet, id=identifier)


def _own_routes(subnet: str) -> Lookup["ec2.GetRouteTableResult | None"]:
    """The route table that is associated with the subnet."""
    question = f"network.subnetIds: the routes of {subnet} can't be read"
    found = lookup(question, ec2.get_route_table, subnet_id=subnet)
    return if_exists(found, "query returned no results")


def _main_routes(vpc_id: str) -> Lookup["ec2.GetRouteTableResult"]:
    """The VPC's main route table, which holds for a subnet without one of its own."""
    return lookup(
        f"network.subnetIds: the main route table of {vpc_id} can't be read",
        ec2.get_route_table,
        vpc_id=vpc_id,
        filters=[{"name": "association.main", "values": ["true"]}],
    )


def _public(routes: "ec2.GetRouteTableResult | None") -> bool:
    # docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html: a subnet with a direct route
    # to an internet gateway is public, whether or not it gives its instances public addresses.
    return any(each.gateway_id.startswith("igw-") for each in (routes.routes if routes else ()))
