"""The parameters of RDS parameter groups, and the values that they accept."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import ApiError, invalid

FILE = Path(__file__).with_name("parameters.tsv")
OLDEST = 15
"""The oldest major version in parameters.tsv; older ones are assumed to have its parameters."""
_RESERVED = """
allow_alter_system allow_in_place_tablespaces allow_system_table_mods archive_cleanup_command
archive_command archive_library archive_mode archive_timeout bonjour bonjour_name cluster_name
config_file data_directory data_sync_retry event_source external_pid_file fsync full_page_writes
hba_file hot_standby ident_file ignore_checksum_failure ignore_invalid_pages ignore_system_indexes
jit_provider krb_server_keyfile listen_addresses local_preload_libraries log_directory
log_file_mode logging_collector port primary_conninfo primary_slot_name promote_trigger_file
recovery_end_command recovery_init_sync_method recovery_min_apply_delay recovery_target
recovery_target_action recovery_target_inclusive recovery_target_lsn recovery_target_name
recovery_target_time recovery_target_timeline recovery_target_xid restore_command ssl ssl_ca_file
ssl_cert_file ssl_crl_dir ssl_crl_file ssl_dh_params_file ssl_key_file ssl_passphrase_command
ssl_passphrase_command_supports_reload synchronous_standby_names syslog_facility syslog_ident
syslog_sequence_numbers syslog_split_messages unix_socket_directories unix_socket_group
unix_socket_permissions wal_level wal_sync_method zero_damaged_pages
"""
RESERVED = frozenset(_RESERVED.split())
"""Parameters of PostgreSQL that RDS sets itself."""
LIBRARIES = (
    "auto_explain,orafce,pgaudit,pglogical,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,pg_similarity,"
    "pg_stat_statements,pg_tle,pg_transport,plprofiler,plrust"
)


@dataclass(frozen=True)
class Parameter:
    """One parameter, as RDS describes it."""

    kind: str
    apply: str
    """`dynamic`, `static`, or `fixed` if it can not be modified."""
    values: str = ""

    def accepts(self, value: str) -> bool:
        """Whether the value is allowed; numbers have no unit."""
        if self.kind in ("integer", "real"):
            form = r"-?\d+" if self.kind == "integer" else r"-?\d+(\.\d+)?([eE][-+]?\d+)?"
            least, most = _bounds(self.values)
            return bool(re.fullmatch(form, value)) and least <= float(value) <= most
        if self.kind == "list":
            return set(value.split(",")) <= set(self.values.split(","))
        return self.kind == "string" or value in self.values.split(",")


_DEBUG = "disabled,debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic"
OWN = {
    "auto_explain.log_analyze": Parameter("bool", "dynamic", "0,1"),
    "auto_explain.log_min_duration": Parameter("integer", "dynamic", "-1-2147483647"),
    "auto_explain.log_nested_statements": Parameter("bool", "dynamic", "0,1"),
    "pg_stat_statements.max": Parameter("integer", "static", "100-2147483647"),
    "pg_stat_statements.save": Parameter("bool", "dynamic", "0,1"),
    "pg_stat_statements.track": Parameter("enum", "dynamic", "none,top,all"),
    "pg_stat_statements.track_utility": Parameter("bool", "dynamic", "0,1"),
    "rds.accepted_password_auth_method": Parameter("enum", "dynamic", "md5+scram,scram"),
    "rds.adaptive_autovacuum": Parameter("bool", "dynamic", "0,1"),
    "rds.allowed_extensions": Parameter("string", "dynamic"),
    "rds.extensions": Parameter("string", "fixed"),
    "rds.force_admin_logging_level": Parameter("enum", "dynamic", _DEBUG),
    "rds.force_autovacuum_logging_level": Parameter("enum", "dynamic", _DEBUG),
    "rds.force_ssl": Parameter("bool", "dynamic", "0,1"),
    "rds.log_retention_period": Parameter("integer", "dynamic", "1440-10080"),
    "rds.logical_replication": Parameter("bool", "static", "0,1"),
    "rds.rds_superuser_reserved_connections": Parameter("integer", "static", "0-262143"),
    "rds.restrict_password_commands": Parameter("bool", "static", "0,1"),
    "rds.superuser_variables": Parameter("string", "fixed"),
    "shared_preload_libraries": Parameter("list", "static", LIBRARIES),
}


@cache
def known(major: int) -> dict[str, Parameter]:
    """The parameters of a family by their names in lower case."""
    found: dict[str, Parameter] = {}
    for line in FILE.read_text().splitlines()[1:]:
        name, majors, kind, apply, values = (*line.split("\t"), "")[:5]
        first, last = (int(each) for each in majors.split("-"))
        if first <= max(major, OLDEST) <= last:
            found[name] = Parameter(kind, "fixed" if name in RESERVED else apply, values)
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


def _bounds(values: str) -> tuple[float, float]:
    least, most = re.split(r"(?<=[\d.])-", values, maxsplit=1)
    return float(least), float(most)
