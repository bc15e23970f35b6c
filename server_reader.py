"""Reads what is asked of the server and of the database in it."""

import pulumi

from components.charts import Chart
from components.clouds import Cloud
from components.database.spec import DatabaseSpec
from components.kubernetes.client import Cluster
from components.kubernetes.images import DOCKER_HUB
from components.kubernetes.job_settings import JobPods
from components.server.settings import ServerSettings
from reader import SettingReader


class ServerReader(SettingReader):
    """Reads the settings that mean the same in every cloud."""

    def server(self, cloud: Cloud | None, chosen: Chart | None) -> ServerSettings:
        """What is asked of the server, in any cloud."""
        config = self.config
        return ServerSettings(
            spec=self._spec(cloud, chosen),
            zone=config.require("zone"),
            size=config.require("size"),
            version=config.require("postgresVersion"),
            storage_gb=config.require_int("storageGb"),
            max_storage_gb=config.require_int("maxStorageGb"),
            high_availability=config.require_bool("highAvailability"),
            backup_days=config.require_int("backupDays"),
            apply_immediately=config.require_bool("applyImmediately"),
            labels=config.require_object("labels"),
            ca_certificate=self.certificates("caCertificate"),
        )

    def _spec(self, cloud: Cloud | None, chosen: Chart | None) -> DatabaseSpec:
        """Which database is asked for, and where its Job runs."""
        config, rules = self.config, self.cluster_rules()
        return DatabaseSpec(
            stack=f"{pulumi.get_project()}/{pulumi.get_stack()}",
            flavour=chosen.flavour if chosen else "",
            cluster=Cluster(config.require("kubeContext")),
            namespace=config.require("namespace"),
            create_namespace=config.require_bool("createNamespace"),
            namespace_labels=rules.namespace_labels,
            password_generation=config.require_int("passwordGeneration"),
            job_pods=JobPods(
                image=config.require("toolsImage") or (cloud.TOOLS_IMAGE if cloud else DOCKER_HUB),
                settings=rules.jobs,
            ),
            protect=config.require_bool("protect"),
        )
