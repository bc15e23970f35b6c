"""The stack's settings, read and checked; all that is wrong with them is one error."""

import dataclasses
import functools
from collections.abc import Callable

import pulumi

from components import decode_settings
from components.charts import Chart, ChartOptions, chart
from components.clouds import CLOUDS, Cloud
from components.coder.args import CoderArgs
from components.coder.latency_gate import LatencyGate
from components.coder.preflight import preflight_problems
from components.connection import PostgresArgs
from components.database.spec import DatabaseSpec
from components.server.discovery import Cluster, Search
from reader import Reader

OBJECTS = ("cluster", "network", "server", "restoreFrom", "existing")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """A stack's settings, read and checked."""

    cloud: Cloud
    kube_context: str
    cluster: Cluster
    postgres: PostgresArgs
    chart: Chart
    coder: Callable[..., CoderArgs]
    """All that is asked for Coder; it takes the connection."""


def load() -> Settings:
    """The settings of this stack; raises one RunError with a line for everything that is wrong."""
    reader = _Reader()
    settings = reader.read()
    if settings is None or reader.problems:
        # What is wrong for every cloud is said twice where the cloud's own words are right.
        lines = "".join(f"\n  {problem}" for problem in dict.fromkeys(reader.problems))
        raise pulumi.RunError(f"The settings of stack {pulumi.get_stack()} can't be used:{lines}")
    return settings


class _Reader(Reader):
    """Reads all of them, and has what each is for say what is wrong with it."""

    def read(self) -> Settings | None:
        config = self.config
        name, version = config.require("cloud"), config.require("chartVersion")
        cloud, chosen = CLOUDS.get(name), chart(version)
        if cloud is None:
            self.problems.append(f'cloud: is "{name}", must be one of: {", ".join(CLOUDS)}')
        if chosen is None:
            self.problems.append(
                f'chartVersion: is "{version}", must be 1.19.0 to 1.44.3 (classic) or 2.0.0 and '
                "later (v2), as x.y.z"
            )
        spec = DatabaseSpec(
            stack=f"{pulumi.get_project()}/{pulumi.get_stack()}",
            flavour=chosen.flavour if chosen else "",
            namespace=config.require("namespace"),
            password_generation=config.require_int("passwordGeneration"),
            tools_image=config.require("toolsImage"),
            protect=config.require_bool("protect"),
        )
        gate = LatencyGate(config.require("latencyGate"), config.require_int("latencyLimitMs"))
        self.problems += [*spec.problems(), *gate.problems()]
        repository, access_url = self.url("chartRepository"), self.url("accessUrl")
        replicas = config.require_int("replicas")
        if not 1 <= replicas <= 10:
            self.problems.append(f"replicas: is {replicas}, must be 1 to 10")
        asked = self._asked(spec)
        self.problems += asked.problems()
        cluster, postgres = self._cloud(cloud, asked) if cloud else (None, None)
        values = self.chart_values()
        if chosen:
            traits = (postgres or asked).traits
            options = ChartOptions(replicas=replicas, access_url=access_url)
            self.problems += chosen.value_problems(traits, options, values)
            if postgres:
                self.problems += chosen.problems(traits)
                self.problems += preflight_problems(chosen, traits, replicas)
        if cloud is None or chosen is None or cluster is None or postgres is None:
            return None
        return Settings(
            cloud=cloud,
            kube_context=config.require("kubeContext"),
            cluster=cluster,
            postgres=postgres,
            chart=chosen,
            coder=functools.partial(
                CoderArgs,
                spec=spec,
                chart=chosen,
                chart_repository=repository or chosen.default_repository,
                chart_values=values,
                create_namespace=config.require_bool("createNamespace"),
                access_url=access_url,
                replicas=replicas,
                latency_gate=gate,
            ),
        )

    def _asked(self, spec: DatabaseSpec) -> PostgresArgs:
        """What is asked of the server whatever cloud it is in."""
        config = self.config
        return PostgresArgs(
            spec=spec,
            zone=config.require("zone"),
            size=config.require("size"),
            version=config.require("postgresVersion"),
            storage_gb=config.require_int("storageGb"),
            max_storage_gb=config.require_int("maxStorageGb"),
            high_availability=config.require_bool("highAvailability"),
            backup_days=config.require_int("backupDays"),
            apply_immediately=config.require_bool("applyImmediately"),
            labels=config.require_object("labels"),
            ca_certificate=self.ca_certificate(),
        )

    def _cloud(
        self, cloud: Cloud, asked: PostgresArgs
    ) -> tuple[Cluster | None, PostgresArgs | None]:
        """The cluster found and what its server is asked for, in the words of that cloud."""
        ours = {key: self.object(cloud, key) for key in OBJECTS}
        cluster = None
        if (words := ours.pop("cluster")) is not None:
            search = Search(
                context=self.config.require("kubeContext"),
                zone=asked.zone,
                stack=asked.spec.stack,
                network=ours["network"],
            )
            cluster, problems = cloud.find_cluster(words, search)
            self.problems += problems
        del ours["network"]
        own = {
            decode_settings.snake(key): value for key, value in ours.items() if key in cloud.OBJECTS
        }
        if any(value is None for value in own.values()):
            return cluster, None
        if cluster and cluster.found is not None:
            own["found"] = cluster.found
        zone = cluster.zone if cluster else asked.zone
        postgres = cloud.PostgresArgs(**{**vars(asked), "zone": zone, **own})
        self.problems += postgres.problems()
        return cluster, postgres
