"""The database flags of Cloud SQL for PostgreSQL, and the values that they accept."""

from sandbox.providers.cloud import postgres_settings
from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.postgres_settings import Setting
from sandbox.providers.gcp import versions
from sandbox.providers.gcp.errors import ApiError

# https://cloud.google.com/sql/docs/postgres/flags
_NAMES = """
autovacuum autovacuum_analyze_scale_factor autovacuum_analyze_threshold autovacuum_freeze_max_age
autovacuum_max_workers autovacuum_multixact_freeze_max_age autovacuum_naptime
autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit autovacuum_vacuum_insert_scale_factor
autovacuum_vacuum_insert_threshold autovacuum_vacuum_scale_factor autovacuum_vacuum_threshold
autovacuum_work_mem checkpoint_completion_target checkpoint_timeout checkpoint_warning
client_connection_check_interval commit_delay commit_siblings constraint_exclusion
cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction deadlock_timeout
default_statistics_target default_tablespace default_transaction_deferrable
default_transaction_isolation effective_cache_size effective_io_concurrency enable_async_append
enable_bitmapscan enable_gathermerge enable_hashagg enable_hashjoin enable_incremental_sort
enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin
enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning
enable_partitionwise_aggregate enable_partitionwise_join enable_seqscan enable_sort enable_tidscan
from_collapse_limit geqo geqo_effort geqo_generations geqo_pool_size geqo_seed geqo_selection_bias
geqo_threshold gin_fuzzy_search_limit gin_pending_list_limit hash_mem_multiplier huge_pages
idle_in_transaction_session_timeout idle_session_timeout join_collapse_limit lock_timeout
log_autovacuum_min_duration log_checkpoints log_connections log_disconnections log_duration
log_error_verbosity log_executor_stats log_hostname log_line_prefix log_lock_waits
log_min_duration_sample log_min_duration_statement log_min_error_statement log_min_messages
log_parameter_max_length log_parameter_max_length_on_error log_parser_stats log_planner_stats
log_recovery_conflict_waits log_replication_commands log_statement log_statement_sample_rate
log_statement_stats log_temp_files log_timezone log_transaction_sample_rate
logical_decoding_work_mem maintenance_io_concurrency maintenance_work_mem max_connections
max_locks_per_transaction max_logical_replication_workers max_parallel_maintenance_workers
max_parallel_workers max_parallel_workers_per_gather max_pred_locks_per_page
max_pred_locks_per_relation max_pred_locks_per_transaction max_prepared_transactions
max_replication_slots max_stack_depth max_standby_archive_delay max_standby_streaming_delay
max_sync_workers_per_subscription max_wal_senders max_wal_size max_worker_processes
min_parallel_index_scan_size min_parallel_table_scan_size min_wal_size parallel_leader_participation
parallel_setup_cost parallel_tuple_cost password_encryption plan_cache_mode random_page_cost
seq_page_cost session_replication_role shared_buffers ssl_max_protocol_version
ssl_min_protocol_version statement_timeout synchronize_seqscans tcp_keepalives_count
tcp_keepalives_idle tcp_keepalives_interval temp_buffers temp_file_limit timezone track_activities
track_activity_query_size track_commit_timestamp track_counts track_functions track_io_timing
vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit
vacuum_cost_page_miss vacuum_failsafe_age vacuum_freeze_min_age vacuum_freeze_table_age
vacuum_multixact_failsafe_age vacuum_multixact_freeze_min_age vacuum_multixact_freeze_table_age
wal_buffers wal_compression wal_receiver_timeout wal_sender_timeout work_mem
"""
NAMES = frozenset(_NAMES.split())
"""The settings of PostgreSQL that are flags."""
_SWITCH = "on,off"
OWN = {
    "max_connections": Setting("integer", "static", "14-262143"),
    "cloudsql.allow_passwordless_local_connections": Setting("bool", "dynamic", _SWITCH),
    "cloudsql.enable_auto_explain": Setting("bool", "static", _SWITCH),
    "cloudsql.enable_pg_cron": Setting("bool", "static", _SWITCH),
    "cloudsql.enable_pg_hint_plan": Setting("bool", "static", _SWITCH),
    "cloudsql.enable_pg_wait_sampling": Setting("bool", "static", _SWITCH),
    "cloudsql.enable_pgaudit": Setting("bool", "static", _SWITCH),
    "cloudsql.enable_pglogical": Setting("bool", "static", _SWITCH),
    "cloudsql.iam_authentication": Setting("bool", "dynamic", _SWITCH),
    "cloudsql.logical_decoding": Setting("bool", "static", _SWITCH),
    "cloudsql.pg_shadow_select_role": Setting("string", "dynamic"),
    "pg_stat_statements.max": Setting("integer", "static", "100-2147483647"),
    "pg_stat_statements.save": Setting("bool", "dynamic", _SWITCH),
    "pg_stat_statements.track": Setting("enum", "dynamic", "none,top,all"),
    "pg_stat_statements.track_utility": Setting("bool", "dynamic", _SWITCH),
    "pgaudit.log": Setting("string", "dynamic"),
}
"""Flags that are not settings of PostgreSQL itself, or have other limits."""


def known(major: int) -> dict[str, Setting]:
    """The flags of a major version."""
    found = {
        name: Setting(each.kind, each.apply, _SWITCH if each.kind == "bool" else each.values)
        for name, each in postgres_settings.of(major).items()
        if name in NAMES
    }
    return found | OWN


def refuse(version: str, settings: Data) -> None:
    """Raise the API's error for a flag or a value that the version does not have."""
    flags = known(int(versions.major_of(version)))
    said: set[str] = set()
    for flag in settings.get("databaseFlags") or []:
        name, value = flag["name"], flag["value"]
        if name not in flags:
            raise ApiError(400, f"Invalid flag requested: {name}.", "invalidFlagName")
        if name in said:
            raise ApiError(400, f"Flag {name} is requested twice.", "invalidFlagName")
        said.add(name)
        if not flags[name].accepts(value):
            raise ApiError(
                400,
                f"Value requested is not valid. Failed to set {name}: {value} was not an expected "
                f"{'string' if flags[name].kind in ('bool', 'enum') else 'value'}.",
                "invalidFlagValue",
            )


def values(settings: Data) -> dict[str, str]:
    """The flags by their names."""
    return {each["name"]: each["value"] for each in settings.get("databaseFlags") or []}


def settings(of: Data) -> dict[str, str]:
    """The settings of the PostgreSQL server that flags change."""
    found = {name: value for name, value in values(of).items() if name in NAMES}
    decoding = values(of).get("cloudsql.logical_decoding") == "on"
    return found | ({"wal_level": "logical"} if decoding else {})


def restart(version: str, before: Data, after: Data) -> bool:
    """Whether the change of the flags restarts the server at once."""
    flags, was, now = known(int(versions.major_of(version))), values(before), values(after)
    changed = {name for name in {*was, *now} if was.get(name) != now.get(name)}
    return any(name not in flags or flags[name].apply == "static" for name in changed)
