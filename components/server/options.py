"""The resource options of a managed server: protection, change rules and creation rules."""

import dataclasses

import pulumi

from components import guards
from components.guards import Refusal
from components.server.changes import ChangeTiming, effects_hook
from components.server.discovery import LiveServer
from components.server.ownership import refuse_second_server
from components.server.policy import ServerPolicy
from components.server.settings import ServerSettings


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerOptionsArgs:
    """The parts of the options that differ between clouds."""

    policy: ServerPolicy
    server: ServerSettings
    component: str
    """The name of the component that the server is a child of."""
    live: LiveServer | None
    window: str
    """The maintenance window in words."""
    replaced_by: str
    """The settings whose change needs a new server, and the safe way to change them."""
    creation_refusals: tuple[Refusal, ...] = ()
    update_hooks: tuple[pulumi.ResourceHook, ...] = ()


def server_options(
    name: str, args: ServerOptionsArgs, parent: pulumi.Resource
) -> pulumi.ResourceOptions:
    """Options of the server `name`: with hooks that refuse and announce changes at preview."""
    policy, protect = args.policy, args.server.spec.protect
    if not protect:
        pulumi.info(
            f"`pulumi destroy` deletes the {policy.noun} and leaves {policy.final_backup}", parent
        )
    opts = guards.protected(
        parent, name, protect=protect, because=f": {args.replaced_by}", rules=policy.rules
    )
    hooks = opts.hooks or pulumi.ResourceHookBinding()
    timing = ChangeTiming(
        product=policy.product,
        apply_immediately=args.server.apply_immediately,
        window=args.window,
    )
    effects = effects_hook(parent, name, policy.effects, timing)
    hooks.before_update = [*(hooks.before_update or []), effects, *args.update_hooks]
    refusals = [*args.creation_refusals]
    if args.live and protect:
        refusals.append(refuse_second_server(args.component, args.live, policy, args.replaced_by))
    if refusals:
        hooks.before_create = [guards.creation_hook(name, refusals)]
    opts.hooks = hooks
    opts.custom_timeouts = pulumi.CustomTimeouts(create="60m", update="80m", delete="60m")
    return opts
