"""The parameters of RDS parameter groups, and the values that they accept."""

from dataclasses import replace
from functools import cache

from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import ApiError, invalid
from sandbox.providers.cloud import postgres_settings
from sandbox.providers.cloud.postgres_settings import Setting

LIBRARIES = (
    "auto_explain,orafce,pgaudit,pglogical,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,pg_similarity,"
    "pg_stat_statements,pg_tle,pg_transport,plprofiler,plrust"
)


_DEBUG = "disabled,debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic"
OWN = {
    "auto_explain.log_analyze": Setting("bool", "dynamic", "0,1"),
    "auto_explain.log_min_duration": Setting("integer", "dynamic", "-1-2147483647"),
    "auto_explain.log_nested_statements": Setting("bool", "dynamic", "0,1"),
    "pg_stat_statements.max": Setting("integer", "static", "100-2147483647"),
    "pg_stat_statements.save": Setting("bool", "dynamic", "0,1"),
    "pg_stat_statements.track": Setting("enum", "dynamic", "none,top,all"),
    "pg_stat_statements.track_utility": Setting("bool", "dynamic", "0,1"),
    "rds.accepted_password_auth_method": Setting("enum", "dynamic", "md5+scram,scram"),
    "rds.adaptive_autovacuum": Setting("bool", "dynamic", "0,1"),
    "rds.allowed_extensions": Setting("string", "dynamic"),
    "rds.extensions": Setting("string", "fixed"),
    "rds.force_admin_logging_level": Setting("enum", "dynamic", _DEBUG),
    "rds.force_autovacuum_logging_level": Setting("enum", "dynamic", _DEBUG),
    "rds.force_ssl": Setting("bool", "dynamic", "0,1"),
    "rds.log_retention_period": Setting("integer", "dynamic", "1440-10080"),
    "rds.logical_replication": Setting("bool", "static", "0,1"),
    "rds.rds_superuser_reserved_connections": Setting("integer", "static", "0-262143"),
    "rds.restrict_password_commands": Setting("bool", "static", "0,1"),
    "rds.superuser_variables": Setting("string", "fixed"),
    "shared_preload_libraries": Setting("list", "static", LIBRARIES),
}


@cache
def known(major: int) -> dict[str, Setting]:
    """The parameters of a family by their names in lower case."""
    found = {
        name: replace(each, apply="fixed") if name in postgres_settings.RESERVED else each
        for name, each in postgres_settings.of(major).items()
    }
    return found | OWN


def refuse(major: int, name: str, value: str, method: str) -> None:
    """Raise the error with which ModifyDBParameterGroup refuses this parameter."""
    found = known(major).get(name)
    if found is None:
        raise ApiError("InvalidParameterValue", f"Could not find parameter with name: {name}")
    if found.apply == "fixed":
        raise ApiError("InvalidParameterValue", f"The parameter {name} cannot be modified.")
    if "{" in value:
        raise ApiError("InvalidParameterValue", f"not simulated: a formula is an error: {value}")
    if not found.accepts(value):
        raise ApiError(
            "InvalidParameterValue",
            f"Invalid parameter value: {value} for: {name} allowed values are: {found.values}",
        )
    if found.apply == "static" and method == "immediate":
        raise invalid("cannot use immediate apply method for static parameter")


def values(inputs: Data) -> dict[str, str]:
    """The parameters of a group by their names."""
    return {each["name"].lower(): each["value"] for each in inputs.get("parameters") or []}


def in_group(data: Data, name: str) -> dict[str, str]:
    """PostgreSQL's settings in a stored group, without RDS's own parameters."""
    found = values(data["parameterGroups"].get(name, {}))
    return {key: value for key, value in found.items() if not key.startswith("rds.")}
