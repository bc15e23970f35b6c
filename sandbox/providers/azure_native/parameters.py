"""The server parameters of flexible servers, and the values that they accept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sandbox.providers.azure_native import skus
from sandbox.providers.azure_native.errors import ApiError, invalid, not_simulated
from sandbox.providers.cloud import postgres_settings
from sandbox.providers.cloud.account import Data

REAL_CONNECTIONS = 1000
"""At most so many in the server: a real one reserves memory for each connection."""
EXTENSIONS = (
    "address_standardizer,amcheck,azure_storage,bloom,btree_gin,btree_gist,citext,cube,dblink,"
    "dict_int,dict_xsyn,earthdistance,fuzzystrmatch,hll,hstore,hypopg,intarray,isn,lo,ltree,"
    "orafce,pageinspect,pg_buffercache,pg_cron,pg_freespacemap,pg_hint_plan,pg_partman,pg_prewarm,"
    "pg_repack,pg_stat_statements,pg_trgm,pg_visibility,pgaudit,pgcrypto,pglogical,pgrowlocks,"
    "pgstattuple,plpgsql,postgis,postgres_fdw,semver,sslinfo,tablefunc,timescaledb,tsm_system_rows,"
    "tsm_system_time,unaccent,uuid-ossp,vector"
)
_LIBRARIES = "auto_explain,pg_cron,pg_partman_bgw,pg_prewarm,pg_stat_statements,pgaudit,timescaledb"
_CONTRIB = ("auto_explain", "pg_prewarm", "pg_stat_statements")
"""The libraries that the sandbox's servers have."""
DEFAULTS: Mapping[str, str] = {
    "azure.extensions": "",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "0",
    "log_connections": "on",
    "log_min_duration_statement": "-1",
    "maintenance_work_mem": "157696",
    "pgbouncer.enabled": "false",
    "require_secure_transport": "on",
    "shared_preload_libraries": "pg_cron,pg_stat_statements",
    "ssl_min_protocol_version": "TLSv1.2",
    "statement_timeout": "0",
    "work_mem": "4096",
}
"""The service's defaults, as far as they are known; others are empty here."""


@dataclass(frozen=True)
class Parameter:
    """One parameter, as the service describes it."""

    kind: str
    static: bool = False
    values: str = ""
    fixed: bool = False

    def accepts(self, value: str) -> bool:
        """Whether the value is allowed; numbers have no unit."""
        match self.kind:
            case "Boolean":
                return value.lower() in ("on", "off", "true", "false")
            case "Integer" | "Numeric":
                least, most = re.split(r"(?<=[\d.])-", self.values, maxsplit=1)
                form = r"-?\d+" if self.kind == "Integer" else r"-?\d+(\.\d+)?([eE][-+]?\d+)?"
                number = re.fullmatch(form, value)
                return bool(number) and float(least) <= float(value) <= float(most)
            case "Enumeration":
                return value.lower() in self.values.lower().split(",")
            case "Set":
                return not value or set(value.lower().split(",")) <= set(self.values.split(","))
        return True


_KINDS = {"bool": "Boolean", "integer": "Integer", "real": "Numeric", "enum": "Enumeration"}
_RESERVED = postgres_settings.RESERVED - {"wal_level"}
_OWN = {
    "auto_explain.log_min_duration": Parameter("Integer", values="-1-2147483647"),
    "azure.extensions": Parameter("Set", values=EXTENSIONS),
    "max_connections": Parameter("Integer", static=True, values="25-5000"),
    "pg_stat_statements.max": Parameter("Integer", static=True, values="100-2147483647"),
    "pg_stat_statements.track": Parameter("Enumeration", values="none,top,all"),
    "pgbouncer.enabled": Parameter("Boolean"),
    "require_secure_transport": Parameter("Boolean"),
    "shared_preload_libraries": Parameter("Set", static=True, values=_LIBRARIES),
    "ssl_min_protocol_version": Parameter("Enumeration", values="TLSv1.2,TLSv1.3"),
}
NOT_SIMULATED = {"pgbouncer.enabled": "false", "require_secure_transport": "on"}
"""Parameters with the only value that the simulated servers have."""


@cache
def known(major: int) -> dict[str, Parameter]:
    """The parameters of a major version by their names."""
    found = {
        name: Parameter(
            _KINDS.get(each.kind, "String"),
            static=each.apply == "static",
            values=each.values,
            fixed=each.apply == "fixed" or name in _RESERVED,
        )
        for name, each in postgres_settings.of(major).items()
    }
    return found | _OWN


def require(instance: Data, name: str) -> Parameter:
    """The parameter with that name; ApiError if the server's version does not have it."""
    found = known(int(instance["version"])).get(name.lower())
    if found is None:
        raise ApiError(
            "ConfigurationNotExists",
            f"The configuration '{name}' does not exist for {instance['name']} server version "
            f"{instance['version']}.",
            404,
        )
    return found


def refuse(instance: Data, name: str, value: str) -> None:
    """Raise the error with which the service refuses this value."""
    found = require(instance, name)
    if found.fixed:
        raise ApiError("ConfigurationReadOnly", f"The configuration '{name}' is read-only.")
    if not found.accepts(value):
        raise invalid("configurationValue")
    only = NOT_SIMULATED.get(name.lower())
    if only is not None and _truth(value) != _truth(only):
        raise not_simulated(f"{name} {value} is an error")


def _truth(value: str) -> bool:
    return value.lower() in ("on", "true")


def default(instance: Data, name: str) -> str:
    """The service's default for the server."""
    if name.lower() == "max_connections":
        return str(skus.max_connections(instance["sku"]))
    return DEFAULTS.get(name.lower(), "")


def pending_restart(instance: Data, name: str) -> bool:
    """Whether the value waits for a restart."""
    static = require(instance, name).static
    return static and instance["inForce"].get(name) != instance["configurations"].get(name)


def settings(instance: Data) -> dict[str, str]:
    """The settings of the PostgreSQL server: static ones as of its last start."""
    parameters = known(int(instance["version"]))
    found = {"max_connections": default(instance, "max_connections")}
    for name, value in instance["configurations"].items():
        if not parameters[name].static:
            found[name] = value
    for name, value in instance["inForce"].items():
        if name in parameters and parameters[name].static:
            found[name] = value
    if libraries := found.get("shared_preload_libraries"):
        present = [each for each in libraries.split(",") if each in _CONTRIB]
        found["shared_preload_libraries"] = ",".join(present)
    connections = min(int(found["max_connections"]), REAL_CONNECTIONS)
    kept = {key: each for key, each in found.items() if key not in NOT_SIMULATED}
    return {**kept, "max_connections": str(connections)}
