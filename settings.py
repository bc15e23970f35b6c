"""The only reader of the stack's settings; all that is wrong with them is one error."""

import dataclasses
import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi

from components import CLOUDS, Cloud, certificates, objects
from components.charts import Chart, chart, foreseen
from components.cluster import Cluster, Search
from components.coder import CoderArgs
from components.postgres import DatabasePlan, PostgresArgs
from components.preflight import Gate, unfit

OBJECTS = ("cluster", "network", "server", "restoreFrom", "existing")
URL = re.compile(r"https?://[^\s/]\S*")


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


class _Reader:
    """Reads on after something wrong, so that everything wrong is named at once."""

    def __init__(self) -> None:
        self.config = pulumi.Config()
        self.problems: list[str] = []

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
        plan = DatabasePlan(
            stack=f"{pulumi.get_project()}/{pulumi.get_stack()}",
            flavour=chosen.flavour if chosen else "",
            namespace=config.require("namespace"),
            password_generation=config.require_int("passwordGeneration"),
            tools_image=config.require("toolsImage"),
            protect=config.require_bool("protect"),
        )
        gate = Gate(
            latency=config.require("latencyGate"),
            latency_limit_ms=config.require_int("latencyLimitMs"),
        )
        self.problems += [*plan.problems(), *gate.problems()]
        repository, access_url = self._url("chartRepository"), self._url("accessUrl")
        replicas = config.require_int("replicas")
        if not 1 <= replicas <= 10:
            self.problems.append(f"replicas: is {replicas}, must be 1 to 10")
        asked = self._asked(plan)
        self.problems += asked.problems()
        cluster, postgres = self._cloud(cloud, asked) if cloud else (None, None)
        values = config.require_object("chartValues")
        if pulumi.runtime.is_config_secret(config.full_key("chartValues")):
            self.problems.append(
                "chartValues: holds a secret, which Helm would keep in the clear; put it into a "
                "Kubernetes Secret and give the chart that Secret's name"
            )
        if chosen:
            wiring = foreseen(postgres or asked, replicas, access_url)
            self.problems += chosen.value_problems(wiring, values)
            if postgres:
                self.problems += [*chosen.problems(wiring), *unfit(chosen, postgres, replicas)]
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
                plan=plan,
                chart=chosen,
                chart_repository=repository or chosen.home,
                chart_values=values,
                create_namespace=config.require_bool("createNamespace"),
                access_url=access_url,
                replicas=replicas,
                gate=gate,
            ),
        )

    def _asked(self, plan: DatabasePlan) -> PostgresArgs:
        """What is asked of the server whatever cloud it is in."""
        config = self.config
        return PostgresArgs(
            plan=plan,
            zone=config.require("zone"),
            size=config.require("size"),
            version=config.require("postgresVersion"),
            storage_gb=config.require_int("storageGb"),
            max_storage_gb=config.require_int("maxStorageGb"),
            high_availability=config.require_bool("highAvailability"),
            backup_days=config.require_int("backupDays"),
            apply_immediately=config.require_bool("applyImmediately"),
            labels=config.require_object("labels"),
            ca_certificate=self._ca_certificate(),
        )

    def _cloud(
        self, cloud: Cloud, asked: PostgresArgs
    ) -> tuple[Cluster | None, PostgresArgs | None]:
        """The cluster found and what its server is asked for, in the words of that cloud."""
        ours = {key: self._object(cloud, key) for key in OBJECTS}
        cluster = None
        if (words := ours.pop("cluster")) is not None:
            search = Search(
                context=self.config.require("kubeContext"),
                zone=asked.zone,
                stack=asked.plan.stack,
                network=ours["network"],
            )
            cluster, problems = cloud.find_cluster(words, search)
            self.problems += problems
        del ours["network"]
        own = {objects.snake(key): value for key, value in ours.items() if key in cloud.OBJECTS}
        if any(value is None for value in own.values()):
            return cluster, None
        if cluster and cluster.found is not None:
            own["found"] = cluster.found
        zone = cluster.zone if cluster else asked.zone
        postgres = cloud.PostgresArgs(**{**vars(asked), "zone": zone, **own})
        self.problems += postgres.problems()
        return cluster, postgres

    def _object(self, cloud: Cloud, key: str) -> Any:
        """The object of that key in the cloud's words, or None if something is wrong with it."""
        data = self.config.require_object(key)
        if key not in cloud.OBJECTS:
            if data:
                self.problems.append(f"{key}: is set, yet this cloud takes none; take it out")
            return None
        secret = pulumi.runtime.is_config_secret(self.config.full_key(key))
        self.problems += [
            f"{key}.{word}: is given in the clear; type "
            f"`pulumi config set --secret --path {key}.{word}`"
            for word in data
            if "password" in word.lower() and data[word] and not secret
        ]
        value, problems = objects.read(cloud.OBJECTS[key], data, key)
        self.problems += problems
        return value

    def _ca_certificate(self) -> str | None:
        path = self.config.require("caCertificate")
        if not path:
            return None
        try:
            return certificates.read(Path(path))
        except certificates.CertificateError as error:
            self.problems.append(f"caCertificate: {error}")
            return None

    def _url(self, key: str) -> str:
        url = self.config.require(key)
        if url and not URL.fullmatch(url):
            self.problems.append(
                f'{key}: is "{url}", must be a URL that begins with https:// or http://'
            )
        return url
