# Waits until the server has a session of Coder's login that began after the release. The Jobs'
# sessions are excluded by their application names, not by client address: in some clusters pods
# connect with the address of their node.

export PGAPPNAME=coder-aftercheck

end=$(($(date +%s) + SECONDS_TO_WAIT))
while :; do
  # SET ROLE NONE: as the owner, a session can't see the login's other sessions.
  # A pooler keeps sessions for later clients: behind one, a new query counts as well.
  # The clocks of server and cluster may differ, so $SINCE is converted to the server's clock.
  found=$(psql -XAtq -v ON_ERROR_STOP=1 -v since="$SINCE" -v port="$PGPORT" -v user="$PGUSER" -v now="$(date -u +%FT%TZ)" <<'SQL'
SET ROLE NONE;
SELECT count(*) FROM pg_stat_activity
WHERE usename = session_user AND datname = current_database()
  AND application_name NOT IN ('coder-database', 'coder-preflight', 'coder-aftercheck')
  AND CASE WHEN inet_server_port()::text IS DISTINCT FROM :'port' OR session_user <> :'user'
    THEN greatest(backend_start, query_start) ELSE backend_start END
    > :'since'::timestamptz + (clock_timestamp() - :'now'::timestamptz)
SQL
  ) || found=
  if [ "${found:-0}" -gt 0 ]; then
    echo "Coder uses database $PGDATABASE on $PGHOST as $PGUSER ($found session(s))" | finish
    exit 0
  fi
  [ "$(date +%s)" -lt "$end" ] || break
  echo "Waiting for Coder's sessions on $PGHOST"
  sleep 2
done
if [ -z "$found" ]; then
  echo "Can't see which database Coder uses: $(explain "$(cat /tmp/error)")" | finish
  exit 1
fi
echo "Coder does not use this database: no session of \"$PGUSER\" on $PGDATABASE at $PGHOST began after $SINCE." \
  "The release is running, so it uses another database, possibly a built-in one whose data is lost with its pod:" \
  "compare the pod's environment (kubectl describe deployment) with these settings" | finish
exit 1
