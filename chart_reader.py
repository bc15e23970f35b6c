"""Reads which chart is installed, and what it is configured with."""

import pulumi

from components.charts import Chart, ChartOptions, chart
from components.charts.repository import ChartRepository
from components.charts.values import Values
from components.coder.exposure import Exposure
from components.coder.exposure_problems import exposure_problems
from reader import SettingReader


class ChartReader(SettingReader):
    """Reads the settings of the chart, of its release, and of who reaches Coder."""

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

    def exposure(self, chosen: Chart | None, chart_values: Values) -> Exposure | None:
        """Who can reach Coder; None without a chart."""
        access_url = self.url("accessUrl")
        if not chosen:
            return None
        exposure = Exposure(
            mode=self.config.require("exposure"),
            chart=chosen,
            chart_values=chart_values,
            access_url=access_url,
        )
        self.problems += exposure_problems(exposure)
        return exposure

    def chart_options(self, exposure: Exposure | None) -> ChartOptions:
        """What the chart is configured with besides the connection."""
        replicas = self.config.require_int("replicas")
        if not 1 <= replicas <= 10:
            self.problems.append(f"replicas: is {replicas}, must be 1 to 10")
        if not exposure:
            return ChartOptions(replicas=replicas, access_url="")
        url, service = exposure.access_url, exposure.service
        return ChartOptions(replicas=replicas, access_url=url, service=service)

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
