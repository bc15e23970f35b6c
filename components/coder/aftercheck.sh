# Waits until the server has a session of Coder's login that began after the release, and that neither
# waits for a lock nor migrates. The Jobs' sessions are excluded by their application names, not by
# client address: in some clusters pods connect with the address of their node.

export PGAPPNAME=coder-aftercheck

# Runs the statement that follows the common condition. SET ROLE NONE: as the owner, a session can't see
# the login's other sessions.
sessions() {
  psql -XAtq -v ON_ERROR_STOP=1 -v since="$SINCE" -v port="$PGPORT" -v user="$PGUSER" -v now="$(date -u +%FT%TZ)" <<SQL
SET ROLE NONE;
WITH RECURSIVE coder AS (
  SELECT * FROM pg_stat_activity
  WHERE usename = session_user AND datname = current_database()
    AND application_name NOT IN ('coder-database', 'coder-preflight', 'coder-aftercheck')
), fresh AS (
  -- A pooler keeps sessions for later clients: behind one, a new query counts as well.
  -- The clocks of server and cluster may differ, so \$SINCE is converted to the server's clock.
  SELECT * FROM coder
  WHERE CASE WHEN inet_server_port()::text IS DISTINCT FROM :'port' OR session_user <> :'user'
    THEN greatest(backend_start, query_start) ELSE backend_start END
    > :'since'::timestamptz + (clock_timestamp() - :'now'::timestamptz)
)
$1
SQL
}

# Fresh sessions, and those of Coder that wait for a lock or are in a long transaction, as a migration is.
COUNT="SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM coder WHERE wait_event_type = 'Lock'
  OR (pid IN (SELECT pid FROM fresh) AND xact_start < clock_timestamp() - interval '10 seconds'))"

# The sessions at the beginning of each chain of waiting ones, but for Coder's own that work: a migration
# holds its locks as long as it takes. How old another user's transaction is, only a member of
# pg_read_all_stats can see; Coder's login is none, because it would see everybody's statements, too. How
# long Coder has waited is in pg_locks since PostgreSQL 14; in 13, its statement's age comes close.
# https://www.postgresql.org/docs/current/view-pg-locks.html
BLOCKING=", chain AS (
  SELECT coder.pid AS waiting, blocker FROM coder, unnest(pg_blocking_pids(coder.pid)) AS blocker
  WHERE wait_event_type = 'Lock' AND query_start < clock_timestamp() - interval '5 seconds'
  UNION SELECT waiting, further FROM chain, unnest(pg_blocking_pids(blocker)) AS further
)
SELECT DISTINCT ON (blocker) format('Coder''s session %s has waited %s s for a lock that %s; %s', waiting,
  extract(epoch FROM clock_timestamp() - coalesce(
    (SELECT min((to_jsonb(l)->>'waitstart')::timestamptz) FROM pg_locks l WHERE l.pid = waiting AND NOT granted),
    c.query_start))::int,
  CASE blocker WHEN 0 THEN 'a prepared transaction holds' ELSE format('session %s holds (user %s, application \"%s\", %s)',
    blocker, coalesce(b.usename, 'unknown'), coalesce(b.application_name, ''),
    coalesce(b.state || coalesce(', its transaction began ' || extract(epoch FROM clock_timestamp() - b.xact_start)::int
      || ' s ago', ''), 'which does not show its age to Coder''s login')) END,
  CASE blocker WHEN 0 THEN 'look into pg_prepared_xacts and end it with COMMIT PREPARED or ROLLBACK PREPARED'
    ELSE format('end that transaction, or as its user or an administrator: SELECT pg_terminate_backend(%s)', blocker) END)
FROM chain JOIN coder c ON c.pid = waiting LEFT JOIN pg_stat_activity b ON b.pid = blocker
WHERE (blocker = 0 OR cardinality(pg_blocking_pids(blocker)) = 0)
  AND NOT (blocker IN (SELECT pid FROM fresh) AND b.state IN ('active', 'idle'))
ORDER BY blocker, waiting"

begun=$(date +%s)
known='' shown=''
while :; do
  waited=$(($(date +%s) - begun))
  counts=$(sessions "$COUNT") || counts='|'
  found=${counts%|*} busy=${counts#*|}
  if [ "${found:-0}" -gt 0 ] && [ "$busy" = 0 ]; then
    echo "Coder uses database $PGDATABASE on $PGHOST as $PGUSER ($found session(s))" | finish
    exit 0
  fi
  if [ "${busy:-0}" -gt 0 ]; then
    [ "$waited" -lt "$MIGRATION_SECONDS" ] || break
    blocking=$(sessions "$BLOCKING") || blocking=''
    # The program prints the lines before the last one while the Job runs; each time with the same ages.
    pids=$(printf '%s\n' "$blocking" | sed 's/ has waited [0-9]* s//; s/, its transaction began [0-9]* s ago//')
    [ "$pids" = "$known" ] || { known=$pids; shown=$blocking; }
    [ -z "$blocking" ] || printf '%s\n' "$shown" | sed 's/^/Warning: /'
  else
    [ "$waited" -lt "$SECONDS_TO_WAIT" ] || break
  fi
  echo "Waiting for Coder's sessions on $PGHOST"
  sleep 2
done
if [ "${busy:-0}" -gt 0 ]; then
  blocking=$(sessions "$BLOCKING") || blocking=''
  { echo "Coder has waited on $PGHOST for $waited s: $busy session(s) wait for a lock or migrate the database"
    printf '%s\n' "${blocking:-No other session blocks them: raise rolloutTimeoutSeconds}"; } | finish
  exit 1
fi
if [ -z "$found" ]; then
  echo "Can't see which database Coder uses: $(explain "$(cat /tmp/error)")" | finish
  exit 1
fi
echo "Coder does not use this database: no session of \"$PGUSER\" on $PGDATABASE at $PGHOST began after $SINCE." \
  "Its pods can't connect (for a NetworkPolicy or a proxy, for example), or use another database, possibly a" \
  "built-in one whose data is lost with its pod: look at their logs (kubectl logs POD" \
  "--all-containers), and compare their environment (kubectl describe deployment) with these settings" | finish
exit 1
