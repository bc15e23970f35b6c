"""The chart's version never goes back: Coder's migrations of its database have no way back."""

import pulumi

from components import guards


def refuse_lower_version(name: str) -> pulumi.ResourceHook:
    """A hook of the release that refuses an older chart than the deployed one."""

    def before_update(call: pulumi.ResourceHookArgs) -> None:
        status = (call.old_outputs or {}).get("status") or {}
        before, after = status.get("version"), (call.new_inputs or {}).get("version")
        # After a failed upgrade the state has the version that Helm has rolled back.
        if not (before and after) or status.get("status") == "failed":
            return
        if _number(after) < _number(before):
            raise pulumi.RunError(
                f"chartVersion: is {after}, but {before} is installed, and Coder's migrations of "
                f"its database don't go back; set it to {before} or later. To go back, restore a "
                "backup from before the upgrade into another stack"
            )

    return guards.hook(f"{name}: chart version", before_update)


def _number(version: str) -> tuple[int, ...]:
    release = version.removeprefix("v").partition("-")[0].partition("+")[0]
    return tuple(int(part) for part in release.split("."))
