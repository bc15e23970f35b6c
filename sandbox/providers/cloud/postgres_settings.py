"""The settings of PostgreSQL, and the values that they accept."""

import re
from dataclasses import dataclass
from functools import cache

from sandbox.machine import paths

FILE = paths.ROOT / "components" / "server" / "postgres_settings.tsv"
OLDEST = 15
"""The oldest major version in the file; older ones are assumed to have its settings."""
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
"""Settings that a managed service usually sets itself."""


@dataclass(frozen=True)
class Setting:
    """One setting, as a cloud describes it."""

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


@cache
def of(major: int) -> dict[str, Setting]:
    """The settings of a major version by their names in lower case."""
    found: dict[str, Setting] = {}
    for line in FILE.read_text().splitlines()[1:]:
        name, majors, kind, apply, values = (*line.split("\t"), "")[:5]
        first, last = (int(each) for each in majors.split("-"))
        if first <= max(major, OLDEST) <= last:
            found[name] = Setting(kind, apply, values)
    return found


def _bounds(values: str) -> tuple[float, float]:
    least, most = re.split(r"(?<=[\d.])-", values, maxsplit=1)
    return float(least), float(most)
