"""PostgreSQL's server parameters as a setting."""

from collections.abc import Iterator, Mapping
from typing import Any

_STATIC = """
archive_mode autovacuum_freeze_max_age autovacuum_max_workers
autovacuum_multixact_freeze_max_age autovacuum_worker_slots event_source hot_standby
huge_page_size huge_pages io_max_concurrency io_method jit_provider logging_collector
max_active_replication_origins max_connections max_files_per_process
max_locks_per_transaction max_logical_replication_workers max_notify_queue_pages
max_pred_locks_per_transaction max_prepared_transactions max_replication_slots
max_wal_senders max_worker_processes min_dynamic_shared_memory multixact_member_buffers
multixact_offset_buffers notify_buffers old_snapshot_threshold recovery_target
reserved_connections serializable_buffers shared_buffers shared_memory_type
shared_preload_libraries subtransaction_buffers superuser_reserved_connections
track_activity_query_size track_commit_timestamp transaction_buffers wal_buffers
wal_decode_buffer_size wal_level wal_log_hints
"""
STATIC = frozenset(_STATIC.split())
"""Of context `postmaster` in any major version: they take effect when the server starts."""


def is_static(name: str) -> bool:
    """Whether the parameter takes effect only when the server starts."""
    return name.lower() in STATIC


def flattened(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters by their full names: `pulumi config set --path` splits a name at its dots."""
    found: dict[str, Any] = {}
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": each for key, each in flattened(value).items()}
        else:
            found[name] = value
    return found


def parameter_strings(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The values as strings; `pulumi config set` makes numbers and booleans of some."""
    return {name: _string(value) for name, value in flattened(parameters).items()}


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def problems(key: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    """One line for every value of the setting `key` that is no single value."""
    for name, value in flattened(parameters).items():
        if not isinstance(value, str | int | float):
            yield f"{key}.{name}: is {value!r}, must be a string or a number"
