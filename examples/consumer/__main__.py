"""Verified logical backups of the database of a Coder stack."""

import pulumi
import pulumi_kubernetes as kubernetes

import backup_settings
from backup import Backup

args = backup_settings.load()
cluster = kubernetes.Provider(
    "cluster",
    # Left out, the SDK would write the path in $KUBECONFIG into the state; empty means ambient.
    kubeconfig="",
    context=pulumi.Config().require("kubeContext") or None,
)
backup = Backup("coder-backup", args, pulumi.ResourceOptions(providers=[cluster]))
pulumi.export("cronJob", backup.cron_job)
pulumi.export("volumeClaim", backup.volume_claim)
