"""A CronJob in Coder's namespace that makes verified logical backups."""

from typing import Any

import pulumi
from pulumi_kubernetes import batch, core

from job import BackupArgs, schedule


class Backup(pulumi.ComponentResource):
    """The volume of the backups, and the CronJob that fills it."""

    cron_job: pulumi.Output[str]
    volume_claim: pulumi.Output[str]

    def __init__(
        self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder-backup:index:Backup", name, {}, opts)
        self.volume_claim = self._volume(name, args)
        job = batch.v1.CronJob(
            name,
            metadata={"namespace": args.coder.namespace},
            spec=schedule(args, self.volume_claim),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.cron_job = job.metadata.apply(lambda made: made.name or "")
        self.register_outputs({"cronJob": self.cron_job, "volumeClaim": self.volume_claim})

    def _volume(self, name: str, args: BackupArgs) -> pulumi.Output[str]:
        if args.volume_claim:
            return pulumi.Output.from_input(args.volume_claim)
        spec: Any = {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{args.storage_gb}Gi"}},
            **({"storageClassName": args.storage_class} if args.storage_class else {}),
        }
        made = core.v1.PersistentVolumeClaim(
            f"{name}-volume",
            metadata={
                "namespace": args.coder.namespace,
                # Many storage classes make the volume when the first pod needs it.
                "annotations": {"pulumi.com/skipAwait": "true"},
            },
            spec=spec,
            # `pulumi destroy` leaves the backups.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return made.metadata.apply(lambda made: made.name or "")
