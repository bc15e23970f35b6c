# Names transactions that a migration may have to wait for. It is joined with preflight.sh.

# The transactions in this database that are older than $OLD_TRANSACTION, one to a line. The age of another user's
# transaction is hidden.
OPEN_TRANSACTIONS="SET ROLE NONE;
SELECT format('session %s (user %s, application \"%s\", %s) has a transaction that began %s s ago', pid, usename,
  application_name, state, extract(epoch FROM clock_timestamp() - xact_start)::int)
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND xact_start < clock_timestamp() - interval '$OLD_TRANSACTION' AND usename IS NOT NULL
UNION ALL
SELECT format('prepared transaction \"%s\" of user %s began %s s ago', gid, owner,
  extract(epoch FROM clock_timestamp() - prepared)::int)
FROM pg_prepared_xacts WHERE database = current_database() AND prepared < clock_timestamp() - interval '$OLD_TRANSACTION'"

# The sessions whose age is hidden, with the transaction in which each holds a lock on a table. A line that is the
# same at the beginning and at the end of the preflight is a transaction that has lasted at least as long.
HIDDEN_TRANSACTIONS="SET ROLE NONE;
SELECT DISTINCT format('session %s (user %s, application \"%s\"), transaction %s', a.pid, a.usename, a.application_name,
  l.virtualtransaction)
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation >= 16384 AND a.usename IS NOT NULL AND a.state IS NULL"

watch_transactions() {
  watched_since=$(date +%s)
  query "$HIDDEN_TRANSACTIONS" > /tmp/transactions || return 0
}

# One warning for each transaction, if the preflight was long enough to tell it from a short one.
transaction_warnings() {
  query "$OPEN_TRANSACTIONS" || return 0
  seconds=$(($(date +%s) - watched_since))
  [ "$seconds" -ge "$SHORT_TRANSACTION_SECONDS" ] || return 0
  query "$HIDDEN_TRANSACTIONS" | grep -Fx -f /tmp/transactions | sed "s/, transaction .*/ has held locks on tables for $seconds s or longer/"
}
