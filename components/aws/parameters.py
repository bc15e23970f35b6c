"""Which of PostgreSQL's parameters take effect only when the server starts."""

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
"""Of context `postmaster`, in any major version."""


def apply_method(name: str) -> str:
    """How RDS takes a change of the parameter; it refuses `immediate` for a static one."""
    static = name.lower() in STATIC or name.lower().startswith("rds.")
    return "pending-reboot" if static else "immediate"
