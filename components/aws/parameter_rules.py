"""What RDS accepts as a parameter of PostgreSQL, and how a change takes effect."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from components.server.parameters import flattened, is_static, parameter_strings
from components.server.postgres_settings import PostgresSetting, settings_of

# docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html
_BOOL = PostgresSetting("bool", "dynamic", "0,1")
_STATIC_BOOL = PostgresSetting("bool", "static", "0,1")
_OWN = {
    "rds.adaptive_autovacuum": _BOOL,
    "rds.force_ssl": _BOOL,
    "rds.log_retention_period": PostgresSetting("integer", "dynamic", "1440-10080"),
    "rds.logical_replication": _STATIC_BOOL,
    "rds.rds_superuser_reserved_connections": PostgresSetting("integer", "static", "0-262143"),
    "rds.restrict_password_commands": _STATIC_BOOL,
}
"""RDS's own parameters, as far as they are known; RDS judges the others."""
_SET_BY_RDS = """
archive_command archive_library archive_mode config_file data_directory external_pid_file fsync
full_page_writes hba_file ident_file listen_addresses log_directory logging_collector port
primary_conninfo primary_slot_name restore_command ssl_ca_file ssl_cert_file ssl_crl_file
ssl_dh_params_file ssl_key_file unix_socket_directories unix_socket_group
unix_socket_permissions wal_level
"""
_FIXED = frozenset(_SET_BY_RDS.split())
"""Parameters that RDS does not let anybody change."""
_INSTEAD = {"wal_level": "set rds.logical_replication to 1 instead"}
_FORMULA = re.compile(r"[{(]")
"""RDS computes such a value from the instance class."""
_BOOLEANS = {"on": "1", "true": "1", "yes": "1", "off": "0", "false": "0", "no": "0"}


def rds_strings(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The parameters as RDS spells them: a boolean is 1 or 0, a switch of an enum on or off."""
    flat = flattened(parameters)
    return {
        name: _spelled(name, text, is_boolean=isinstance(flat[name], bool))
        for name, text in parameter_strings(parameters).items()
    }


def _spelled(name: str, text: str, *, is_boolean: bool) -> str:
    setting = _known(18).get(name.lower()) or _known(15).get(name.lower())
    digit = _BOOLEANS.get(text.lower(), text)
    if setting and setting.kind == "bool":
        return digit
    if setting and setting.kind == "enum" and digit in ("0", "1") and not setting.accepts(text):
        return "on" if digit == "1" else "off"
    return text if not is_boolean or setting else digit


def problems(major: int, parameters: Mapping[str, Any]) -> Iterator[str]:
    """One line for every parameter that a parameter group of this major version refuses."""
    known = _known(major)
    for name, value in rds_strings(parameters).items():
        key, setting = f"server.parameters.{name}", known.get(name.lower())
        if name.lower() in _FIXED or (setting and setting.context == "fixed"):
            yield f"{key}: RDS sets it itself; {_INSTEAD.get(name.lower(), 'remove it')}"
        elif setting is None:
            # A name with a dot belongs to an extension or to RDS, which have more than are known.
            if "." not in name:
                yield f"{key}: PostgreSQL {major} has no such parameter{_similar(name, known)}"
        elif not setting.accepts(value) and not _FORMULA.search(value):
            yield f'{key}: is "{value}", must be {setting.rule}'


def apply_method(name: str) -> str:
    """How RDS applies a change of the parameter; it refuses `immediate` for a static one."""
    own = _OWN.get(name.lower())
    if own:
        return "pending-reboot" if own.context == "static" else "immediate"
    # One that RDS adds may be static, and RDS accepts `pending-reboot` for a dynamic one, too.
    unknown = name.lower().startswith("rds.")
    return "pending-reboot" if unknown or is_static(name) else "immediate"


def _known(major: int) -> Mapping[str, PostgresSetting]:
    return {**settings_of(major), **_OWN}


def _similar(name: str, known: Mapping[str, PostgresSetting]) -> str:
    similar = get_close_matches(name.lower(), known, 1)
    return f"; did you mean {similar[0]}?" if similar else ""
