# What the server's settings do to a session, whoever made them: the role, the database, the server.

# The settings of this session that match a condition, as lines of name, value and origin.
settings_where() {
  query "SELECT name, current_setting(name), CASE source
    WHEN 'user' THEN 'ALTER ROLE' WHEN 'database' THEN 'ALTER DATABASE'
    WHEN 'database user' THEN 'ALTER ROLE IN DATABASE' WHEN 'client' THEN 'a pooler'
    ELSE 'the server''s parameters' END
    FROM pg_settings WHERE $1 ORDER BY name"
}
set_for_login() { echo "run ALTER ROLE \"$PGUSER\" IN DATABASE \"$PGDATABASE\" SET $1 as \"$PGUSER\" or an administrator"; }

# Prints why this session can't write, or nothing.
read_only_problem() {
  if [ "$(query 'SELECT pg_is_in_recovery()')" = t ]; then
    echo "standby: $PGHOST is a read-only standby; use the host of the primary"
    return
  fi
  found=$(settings_where "name = 'default_transaction_read_only' AND setting = 'on'")
  [ -z "$found" ] || echo "read-only: default_transaction_read_only is on for \"$PGUSER\" by ${found##*|};" \
    "$(set_for_login 'default_transaction_read_only = off'). Some services switch it on when the storage is full:" \
    "then increase the storage"
}

# One line for each setting that ends Coder's sessions or its migrations. Coder's LISTEN is an idle
# session, and the release gives migrations 15 minutes.
timeout_problems() {
  found=$(settings_where "CASE WHEN name = 'idle_session_timeout' THEN setting::bigint > 0
    WHEN name IN ('statement_timeout', 'transaction_timeout', 'lock_timeout',
      'idle_in_transaction_session_timeout') THEN setting::bigint BETWEEN 1 AND 899999 ELSE false END")
  [ -z "$found" ] || printf '%s\n' "$found" | while IFS='|' read -r name value origin; do
    case "$name" in
      idle_session_timeout) effect="disconnects Coder's LISTEN, which is idle" ;;
      *) effect="ends migrations that take longer" ;;
    esac
    echo "time-out: $name is $value for \"$PGUSER\" by $origin, and $effect; $(set_for_login "$name = 0")"
  done
}
