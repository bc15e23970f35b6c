"""Reads single settings of the stack, and keeps a line for each one that is wrong."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi

from components import certificates, setting_model
from components.charts import Chart, ChartOptions, chart
from components.charts.repository import ChartRepository
from components.charts.values import Values
from components.kubernetes.job_settings import ClusterRules
from components.setting_model import SettingModel

URL = re.compile(r"https?://[^\s/]\S*")
OBJECTS = ("cluster", "network", "server", "restoreFrom", "existing")
"""The settings that are objects in a cloud's own words."""


class SettingReader:
    """Continues after a fault, so that all faults are named at once."""

    def __init__(self) -> None:
        self.config = pulumi.Config()
        self.problems: list[str] = []

    def chart(self) -> Chart | None:
        """The chart that `chartVersion` selects, or None; its own values are not fetched yet."""
        version, pool_size = (
            self.config.require("chartVersion"),
            self.config.require_int("poolSize"),
        )
        if pool_size and not 2 <= pool_size <= 1000:
            self.problems.append(
                f"poolSize: is {pool_size}, must be 2 to 1000, or 0 for what Coder uses itself"
            )
        chosen = chart(version, pool_size)
        if chosen is None:
            self.problems.append(
                f'chartVersion: is "{version}", must be 1.21.0 to 1.44.3 (classic) or 2.0.0 and '
                "later (v2), as x.y.z"
            )
        for line in chosen.warnings() if chosen else ():
            pulumi.warn(line)
        return chosen

    def chart_repository(self, chosen: Chart | None) -> ChartRepository | None:
        """Where the chart is fetched from, or None if a setting of it is wrong."""
        config = self.config
        key = "chartRepositoryPassword"
        repository = ChartRepository(
            url=config.require("chartRepository") or (chosen.default_repository if chosen else ""),
            username=config.require("chartRepositoryUsername"),
            password=config.require(key),
            ca_certificate=config.require("chartRepositoryCaCertificate"),
        )
        problems = list(repository.problems()) if repository.url else []
        if repository.password and not pulumi.runtime.is_config_secret(config.full_key(key)):
            problems.append(f"{key}: is not encrypted; type `pulumi config set --secret {key}`")
        self.problems += problems
        readable = self.certificates("chartRepositoryCaCertificate") is not None
        readable = readable or not repository.ca_certificate
        return repository if repository.url and readable and not problems else None

    def chart_options(self) -> ChartOptions:
        """What the chart is configured with besides the connection."""
        replicas = self.config.require_int("replicas")
        if not 1 <= replicas <= 10:
            self.problems.append(f"replicas: is {replicas}, must be 1 to 10")
        return ChartOptions(replicas=replicas, access_url=self.url("accessUrl"))

    def rollout_timeout(self) -> int:
        """How many seconds an update waits for Coder to be ready."""
        seconds = self.config.require_int("rolloutTimeoutSeconds")
        if not 30 <= seconds <= 86400:
            self.problems.append(
                f"rolloutTimeoutSeconds: is {seconds}, must be 30 to 86400; a long migration needs "
                "more than the usual 900"
            )
        return seconds

    def chart_values(self) -> Values:
        """The chart values that a person adds to the program's own."""
        if pulumi.runtime.is_config_secret(self.config.full_key("chartValues")):
            self.problems.append(
                "chartValues: holds a secret, which Helm would store in the clear; put it into a "
                "Kubernetes Secret and give the chart that Secret's name"
            )
        return self.config.require_object("chartValues")

    def objects(self, cloud: str, model: type[SettingModel]) -> Any:
        """The objects in the cloud's own words, or None if one of them is wrong."""
        taken = {field.alias for field in model.model_fields.values()}
        data: dict[str, Any] = {}
        for key in OBJECTS:
            value = self.config.require_object(key)
            if key in taken:
                data[key] = value
                self.problems += self._clear_passwords(key, value)
            elif value:
                self.problems.append(f"{key}: not supported by cloud {cloud}; remove it")
        settings, problems = setting_model.parse(model, data)
        self.problems += problems
        return settings

    def certificates(self, key: str) -> str | None:
        """The PEM of the file that the setting names, or None."""
        path = self.config.require(key)
        if not path:
            return None
        try:
            return certificates.read(Path(path))
        except certificates.CertificateError as error:
            self.problems.append(f"{key}: {error}")
            return None

    def cluster_rules(self) -> ClusterRules:
        """What the cluster's rules demand; the defaults if a part of it is wrong."""
        data = {key: self.config.require_object(key) for key in ("jobs", "namespaceLabels")}
        found, problems = setting_model.parse(ClusterRules, data)
        self.problems += problems
        return found or ClusterRules()

    def url(self, key: str) -> str:
        """The URL of that key, or an empty string."""
        url = self.config.require(key)
        if url and not URL.fullmatch(url):
            self.problems.append(
                f'{key}: is "{url}", must be a URL that begins with https:// or http://'
            )
        return url

    def _clear_passwords(self, key: str, value: Mapping[str, Any]) -> Iterator[str]:
        if pulumi.runtime.is_config_secret(self.config.full_key(key)):
            return
        for name in value:
            if "password" in name.lower() and value[name]:
                yield (
                    f"{key}.{name}: is not encrypted; type "
                    f"`pulumi config set --secret --path {key}.{name}`"
                )
