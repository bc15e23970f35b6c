# Waits until the server has a session of Coder's own login that began after the release and that is
# none of our Jobs'. By address it can't be told: some clusters hide their pods behind their nodes.

export PGAPPNAME=coder-aftercheck

end=$(($(date +%s) + SECONDS_TO_WAIT))
while :; do
  # A session that acts as the owner sees nothing of its login's other sessions before it stops to.
  # The server's clock and the cluster's may differ; what is compared is the server's.
  found=$(psql -XAtq -v ON_ERROR_STOP=1 -v since="$SINCE" -v now="$(date -u +%FT%TZ)" <<'SQL'
SET ROLE NONE;
SELECT count(*) FROM pg_stat_activity
WHERE usename = session_user AND datname = current_database()
  AND application_name NOT IN ('coder-database', 'coder-preflight', 'coder-aftercheck')
  AND backend_start > :'since'::timestamptz + (clock_timestamp() - :'now'::timestamptz)
SQL
  ) || found=0
  if [ "$found" -gt 0 ]; then
    echo "Coder runs on $PGDATABASE at $PGHOST as $PGUSER ($found sessions)" | finish
    exit 0
  fi
  [ "$(date +%s)" -lt "$end" ] || break
  echo "Waiting for Coder's sessions on $PGHOST"
  sleep 2
done
echo "Coder does not use this database: no session of \"$PGUSER\" on $PGDATABASE at $PGHOST began after $SINCE." \
  "The release runs, so it runs on another database, perhaps on a built-in one that dies with its pod:" \
  "compare the pod's environment (kubectl describe deployment) with these settings" | finish
exit 1
