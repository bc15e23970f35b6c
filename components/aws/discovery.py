"""Where an RDS instance belongs and what there is of it, found before anything is registered."""

import dataclasses

import pulumi

from components.aws import checks, clients
from components.aws.answers import Answers, all_answers
from components.aws.certificates import regional_authorities
from components.aws.lookups import LiveInstance
from components.aws.offers import newest
from components.aws.policy import ADMIN, POLICY
from components.aws.settings import Settings
from components.aws.subnets import Subnets
from components.server.discovery import Discovery, DiscoveryRequest, refuse
from components.server.ownership import only_server
from components.server.placement import choose_zone
from components.server.restore import EncryptionKey
from components.server.settings import ServerSettings
from components.server.zone import Zone


@dataclasses.dataclass(frozen=True, kw_only=True)
class Placement(Discovery):
    """Where the instance is or will be, and who may connect to it."""

    zone: Zone
    vpc_id: str
    subnet_ids: tuple[str, ...]
    client_security_group_ids: tuple[str, ...]
    authorities: str
    """The CAs that may have signed the instance's certificate, as PEM."""
    engine_version: str
    master_username: str
    live: LiveInstance | None
    makes_log_groups: bool
    """False for an instance whose log groups RDS has made."""


def discover(request: DiscoveryRequest[Settings]) -> Placement:
    """All look-ups; raises DiscoveryFailed with a line for each fault."""
    own, server, name = request.own, request.server, request.own.cluster.name
    answers = all_answers(request)
    live, source, config = answers.live, answers.source, answers.cluster.vpc_config
    subnets = Subnets(
        vpc_id=own.network.vpc_id or config.vpc_id,
        given=bool(own.network.subnet_ids),
        candidates=answers.subnets,
        of_nodes=answers.nodes.subnets,
        in_use=answers.in_use,
    )
    zone, zone_problems = choose_zone(
        server.zone,
        live,
        answers.nodes.by_zone(answers.subnets),
        POLICY,
        without_nodes=f"EKS cluster {name} has no node groups (Karpenter, Auto Mode, Fargate)",
    )
    given = own.network.client_security_group_ids
    allowed = given or clients.client_groups(config.cluster_security_group_id, answers.nodes)
    region = answers.cluster.arn.split(":")[3]
    authorities = server.ca_certificate or regional_authorities(region)
    in_zone = live.zone if live else zone
    misplaced = [*zone_problems, *subnets.problems(zone, in_zone)]
    offer = answers.offers.offer
    refuse(
        only_server(answers.owned, server.spec.stack, POLICY),
        checks.kubeconfig_problems(request, answers.cluster),
        misplaced,
        checks.missing(name, allowed, region, authorities),
        checks.version_problems(server, live, answers.offers.targets) if live else (),
        # A zone that is refused anyway is not compared.
        offer.problems("" if misplaced else in_zone) if offer else (),
        source.problems(server, _key(own)) if source else (),
    )
    for line in () if given else clients.doubts(name, answers.nodes):
        pulumi.warn(line)
    known = live or source
    return Placement(
        cluster_identifier=answers.cluster.arn,
        zone=Zone(zone, zone),
        vpc_id=subnets.vpc_id,
        subnet_ids=subnets.chosen(zone),
        client_security_group_ids=tuple(sorted(set(allowed))),
        authorities=authorities,
        engine_version=_engine_version(server, answers),
        master_username=(known.master_username if known else "") or ADMIN,
        live=live,
        makes_log_groups=live is None or answers.recorded.has_log_groups,
    )


def _engine_version(server: ServerSettings, answers: Answers) -> str:
    """The version to send: a full one, unless RDS may choose the minor version.

    RDS takes a major version for its own default of it, which may be older than what there is.
    """
    live, source = answers.live, answers.source
    if live is None:
        return source.full_version if source else server.version
    if server.major != live.version:
        return newest(answers.offers.targets or (), server.major)
    # Where the state has only the major version, RDS's upgrades of the minor one are no change.
    recorded = answers.recorded.engine_version
    return server.version if recorded == server.version else live.full_version


def _key(own: Settings) -> EncryptionKey:
    return EncryptionKey(
        setting="server.kmsKeyId",
        value=own.server.kms_key_id,
        copy_command="aws rds copy-db-snapshot --kms-key-id …",
    )
