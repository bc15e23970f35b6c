"""The settings of the stack; all faults are one error."""

import re
from collections.abc import Iterator

import pulumi

from coder_stack import CoderStack
from job import BackupArgs


def load() -> BackupArgs:
    """The settings, checked; raises one RunError with all faults."""
    config = pulumi.Config()
    faults = "".join(f"\n  {fault}" for fault in _faults(config))
    if faults:
        raise pulumi.RunError(f"The settings of stack {pulumi.get_stack()} can't be used:{faults}")
    return BackupArgs(
        coder=CoderStack(config.require("coderStack")),
        schedule=config.require("schedule"),
        keep=config.require_int("keep"),
        volume_claim=config.require("volumeClaim"),
        storage_gb=config.require_int("storageGb"),
        storage_class=config.require("storageClass"),
        scratch_gb=config.require_int("scratchGb"),
        image=config.require("image"),
        image_user=config.require_int("imageUser"),
    )


def _faults(config: pulumi.Config) -> Iterator[str]:
    coder_stack, schedule = config.require("coderStack"), config.require("schedule")
    if not re.fullmatch(r"[^/\s]+/[^/\s]+/[^/\s]+", coder_stack):
        yield (
            f'coderStack: is "{coder_stack}", must be <organization>/coder/<stack>, for example '
            "organization/coder/prod"
        )
    if not re.fullmatch(r"(@\w+|\S+( \S+){4})", schedule):
        yield (
            f'schedule: is "{schedule}", must have the five fields of cron, for example "0 3 * * *"'
        )
    for key in ("keep", "storageGb", "scratchGb", "imageUser"):
        if config.require_int(key) < 1:
            yield f"{key}: is {config.require_int(key)}, must be 1 or more"
