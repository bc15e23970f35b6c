"""What the network's resources are made from, and their options."""

import dataclasses
from collections.abc import Mapping

import pulumi

from components import guards
from components.azure import ids
from components.azure.network_plan import NetworkPlan
from components.guards import Refusal
from components.imports import import_command
from components.server.rules import pick, unchanged

ANOTHER_NETWORK = "; another network or cluster does that, and a server stays in its network"


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """The plan of a network, and what the settings say of its resources."""

    plan: NetworkPlan
    labels: Mapping[str, str]
    protect: bool
    component: str
    """The name of the component that they are children of."""

    def protected(
        self,
        parent: pulumi.Resource,
        name: str,
        *,
        fixed: str = "",
        existing: str = "",
        otherwise: str = "",
    ) -> pulumi.ResourceOptions:
        """Options of the child `name`.

        `fixed` is an input that Azure can't change, though the provider would ask for it;
        `existing` is the ID of what has the child's place already.
        """
        conflict = _exists(self.component, existing, otherwise) if existing else None
        line = f"network: {name} can't get another {fixed}; set network back"
        return guards.protected(
            parent,
            name,
            protect=self.protect,
            because=ANOTHER_NETWORK,
            rules=[unchanged(pick(fixed), line)] if fixed else (),
            conflict=conflict,
        )


def _exists(component: str, identifier: str, otherwise: str) -> Refusal:
    """Refuses to create what is there already, which the provider would refuse halfway."""

    def line(call: pulumi.ResourceHookArgs) -> str:
        id = ids.parse(identifier)
        return (
            f"{id.child or id.name} exists in resource group {id.resource_group}, and this stack's "
            f"state does not have it; take it over: `{import_command(call, identifier, component)}`"
            f"{otherwise}"
        )

    return line
