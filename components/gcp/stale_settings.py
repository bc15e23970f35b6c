"""Refuses an update that Cloud SQL would refuse, because the state has older settings."""

import pulumi

from components import guards
from components.gcp.lookups import LiveInstance
from components.server.rules import pick


def refuse_stale_settings(name: str, live: LiveInstance) -> pulumi.ResourceHook:
    """A hook that refuses the update of an instance which was changed since the state was written.

    The provider sends the number of the settings in the state, and Cloud SQL answers another one
    with error 412, staleData (resource_sql_database_instance.go, `SettingsVersion`).
    """

    def before_update(call: pulumi.ResourceHookArgs) -> None:
        known = pick("settings.version")(call.old_outputs or {})
        if known not in (None, live.settings_version):
            guards.refuse(
                [
                    f"Instance {live.identifier} was changed outside of this stack, or by a killed "
                    f"update: Cloud SQL has version {live.settings_version} of its settings, the "
                    f"state {known:g}; type `pulumi refresh`, then `pulumi up`"
                ]
            )

    return guards.hook(f"{name}: version of the settings", before_update)
