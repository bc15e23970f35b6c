"""The two published charts, both named `coder`: the version decides which one it is."""

import dataclasses
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pulumi

from components import chart_keys, values
from components.chart_keys import Version
from components.postgres import VERIFIED
from components.values import Values

FLAVOURS = ("classic", "v2")
PASSWORD_KEY = "password"
URL_KEY = "url"
CA_KEY = "ca.crt"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wiring:
    """What a chart must be told of its database; Secrets by name, so no value is a secret."""

    host: pulumi.Input[str]
    port: int
    database: str
    username: str
    ssl_mode: str
    secret_name: str
    has_password: bool
    has_ca: bool
    replicas: int
    zone: str
    access_url: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """One version of one of the two charts: the questions that the program asks of it."""

    flavour: ClassVar[str]
    service: ClassVar[str]
    minimum_postgres: ClassVar[int]
    connections_per_replica: ClassVar[int]
    """The pool of one replica and what it opens beside the pool."""
    home: ClassVar[str]
    keys: ClassVar[Mapping[str, Version]]

    version: Version

    @abstractmethod
    def values(self, wiring: Wiring) -> Values:
        """The chart's values that make Coder use the external database."""

    @abstractmethod
    def ca_path(self, secret_name: str) -> str:
        """Where Coder's container finds the CA of that Secret."""

    @abstractmethod
    def scheduling(self, chart_values: Values) -> Values:
        """The pod fields by which the chart schedules Coder, for Jobs that must stand beside it."""

    def connections(self, replicas: int) -> int:
        """What Coder opens at most, with the pods that a rolling update adds."""
        surge = math.ceil(replicas * 0.25)
        return (replicas + surge) * self.connections_per_replica

    def problems(self, wiring: Wiring, chart_values: Values) -> Iterator[str]:
        """A line for every value that this version would refuse, lose or that is ours to set."""
        for key in values.collisions(self.values(wiring), chart_values):
            yield f"chartValues.{key}: the program sets this key; take it out"
        for line in values.unknown(chart_values, self.keys, self.version):
            yield f"chartValues.{line} (chart {self})"

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


class Classic(Chart):
    """The chart of Coder 1.x, from 1.19.0 to 1.44.3."""

    flavour = "classic"
    service = "coderd"
    minimum_postgres = 11
    connections_per_replica = 30
    home = "https://helm.coder.com"
    keys = chart_keys.CLASSIC

    def values(self, wiring: Wiring) -> Values:
        postgres: Values = {
            # Each switch alone is ignored, without a word, by some versions: the built-in
            # database would stay on and every other value here would be lost.
            "useDefault": False,
            "default": {"enable": False},
            "host": wiring.host,
            "port": str(wiring.port),
            "database": wiring.database,
            "user": wiring.username,
            "passwordSecret": wiring.secret_name if wiring.has_password else "",
            "sslMode": wiring.ssl_mode,
        }
        if wiring.has_ca:
            postgres["ssl"] = {"rootCertSecret": {"name": wiring.secret_name, "key": CA_KEY}}
        if wiring.has_password and self._mounts_password:
            postgres["noPasswordEnv"] = True
        coderd: Values = {"replicas": wiring.replicas, **_affinity(wiring.zone)}
        if self.version >= self.keys["coderd.extraEnvs"]:
            pool = str(self.connections_per_replica)
            coderd["extraEnvs"] = [{"name": "CODER_MAX_DB_CONNECTIONS", "value": pool}]
        return {"postgres": postgres, "coderd": coderd}

    def ca_path(self, secret_name: str) -> str:
        return f"/etc/ssl/certs/pg/rootcert/{CA_KEY}"

    def scheduling(self, chart_values: Values) -> Values:
        services = chart_values.get("services", {})
        # The chart's own default; a person's selector is merged over it, as Helm merges maps.
        selector = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
        return {
            "nodeSelector": selector | services.get("nodeSelector", {}),
            "tolerations": services.get("tolerations", []),
        }

    def problems(self, wiring: Wiring, chart_values: Values) -> Iterator[str]:
        yield from super().problems(wiring, chart_values)
        if wiring.ssl_mode in VERIFIED and self.version < self.keys["postgres.ssl"]:
            yield (
                f"chartVersion: {self} can't be handed a CA, so it can't verify the server "
                f"({wiring.ssl_mode}); take 1.26.0 or later, or set existing.sslMode to require"
            )
        if not wiring.has_password and self.version < (1, 27, 0):
            yield f"existing.password: missing, and chart {self} needs one; 1.27.0 and later do not"
        if wiring.access_url:
            yield f"accessUrl: is set, yet chart {self} takes none; set it in Coder's dashboard"

    @property
    def _mounts_password(self) -> bool:
        # 1.35.1 and 1.35.2 were released without the key that 1.35.0 had brought.
        return self.version >= self.keys["postgres.noPasswordEnv"] and self.version not in (
            (1, 35, 1),
            (1, 35, 2),
        )


class V2(Chart):
    """The chart of Coder 2.x, which knows no `postgres` values: all goes by environment."""

    flavour = "v2"
    service = "coder"
    minimum_postgres = 13
    pool = 10
    connections_per_replica = pool + 2  # LISTEN and the migrations' lock stand beside the pool
    home = "https://helm.coder.com/v2"
    keys = chart_keys.V2

    def values(self, wiring: Wiring) -> Values:
        url = {"secretKeyRef": {"name": wiring.secret_name, "key": URL_KEY}}
        env: list[Values] = [
            {"name": "CODER_PG_CONNECTION_URL", "valueFrom": url},
            {"name": "CODER_PG_CONN_MAX_OPEN", "value": str(self.pool)},
        ]
        if wiring.access_url:
            env.append({"name": "CODER_ACCESS_URL", "value": wiring.access_url})
        coder: Values = {"env": env, "replicaCount": wiring.replicas, **_affinity(wiring.zone)}
        if wiring.has_ca:
            coder["certs"] = {"secrets": [{"name": wiring.secret_name, "key": CA_KEY}]}
        return {"coder": coder}

    def ca_path(self, secret_name: str) -> str:
        return f"/etc/ssl/certs/{secret_name}.crt"

    def scheduling(self, chart_values: Values) -> Values:
        coder = chart_values.get("coder", {})
        return {
            "nodeSelector": coder.get("nodeSelector", {}),
            "tolerations": coder.get("tolerations", []),
        }


def chart(version: str) -> Chart | None:
    """The chart of that version, or None for what is no version or of no known flavour."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", version)
    if match is None:
        return None
    major, minor, patch = (int(part) for part in match.groups())
    number = (major, minor, patch)
    if (1, 19, 0) <= number <= (1, 44, 3):
        return Classic(version=number)
    return V2(version=number) if major == 2 else None


def _affinity(zone: str) -> Values:
    """Prefers nodes in the database's zone and goes elsewhere rather than nowhere."""
    return {"affinity": {"nodeAffinity": near(zone)}} if zone else {}


def near(zone: str) -> dict[str, Any]:
    """A soft node affinity to a zone."""
    expression = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}
    preference = {"weight": 100, "preference": {"matchExpressions": [expression]}}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [preference]}
