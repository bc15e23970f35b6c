"""Verified logical backups of the database of a Coder stack."""

import re

import pulumi
import pulumi_kubernetes as kubernetes

from backup import Backup
from coder_stack import CoderStack
from job import BackupArgs

config = pulumi.Config()
stack_name = config.require("coderStack")
if not re.fullmatch(r"[^/\s]+/[^/\s]+/[^/\s]+", stack_name):
    raise pulumi.RunError(
        f'coderStack: is "{stack_name}", must be <organization>/coder/<stack>, for example '
        "organization/coder/prod"
    )
if not re.fullmatch(r"(@\w+|\S+( \S+){4})", config.require("schedule")):
    raise pulumi.RunError(
        f'schedule: is "{config.require("schedule")}", must have the five fields of cron, for '
        'example "0 3 * * *"'
    )
for key in ("keep", "storageGb", "scratchGb"):
    if config.require_int(key) < 1:
        raise pulumi.RunError(f"{key}: is {config.require_int(key)}, must be 1 or more")

cluster = kubernetes.Provider(
    "cluster",
    # Left out, the SDK would write the path in $KUBECONFIG into the state; empty means ambient.
    kubeconfig="",
    context=config.require("kubeContext") or None,
)
backup = Backup(
    "coder-backup",
    BackupArgs(
        coder=CoderStack(stack_name),
        schedule=config.require("schedule"),
        keep=config.require_int("keep"),
        volume_claim=config.require("volumeClaim"),
        storage_gb=config.require_int("storageGb"),
        storage_class=config.require("storageClass"),
        scratch_gb=config.require_int("scratchGb"),
        image=config.require("image"),
    ),
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("cronJob", backup.cron_job)
pulumi.export("volumeClaim", backup.volume_claim)
