# Checks the database with Coder's login, on the nodes where Coder will run.
# Each failed check prints one line; the update fails after all checks have run.

export PGAPPNAME=coder-preflight
: > /tmp/problems

problem() { echo "- $(printf '%s' "$*" | tr '\n' ' ')" >> /tmp/problems; }
verdict() {
  [ -s /tmp/problems ] || return 0
  { echo "Preflight of $PGHOST: $(wc -l < /tmp/problems) check(s) failed"; cat /tmp/problems; } | finish
  exit 1
}

required=$PGSSLMODE
refused=$(connection_problem)
if [ -n "$refused" ]; then
  problem "$refused"
  # The other checks can run without verified TLS: SCRAM does not send the password.
  PGSSLMODE=prefer PGSSLROOTCERT='' PGREQUIREAUTH=scram-sha-256
  export PGSSLMODE PGSSLROOTCERT PGREQUIREAUTH
  query 'SELECT 1' >/dev/null 2>&1 || verdict
fi
TLS=$(query "SET ROLE NONE; SELECT coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()), 'no TLS')")

unencrypted() {
  PGSSLMODE=disable PGSSLROOTCERT='' PGREQUIREAUTH=scram-sha-256 query 'SELECT 1' 2>&1 >/dev/null \
    && echo accepted
}
case "$refused" in *"does not support it"*) ;; *)
  # A server that rejects the login, or its method, has accepted the unencrypted connection.
  case "$(unencrypted)" in
    accepted|*"authentication failed"*|*"authentication method requirement"*)
      problem "TLS: the server also accepts unencrypted connections; require TLS" \
        "(hostssl in pg_hba.conf, rds.force_ssl, require_secure_transport, or the equivalent)" ;;
  esac ;;
esac

number=$(query 'SHOW server_version_num')
version=$(query 'SHOW server_version')
[ "$number" -ge $((MINIMUM_VERSION * 10000)) ] \
  || problem "version: the server is PostgreSQL $version, chart $CHART_VERSION requires $MINIMUM_VERSION or later"
encoding=$(query 'SHOW server_encoding')
[ "$encoding" = UTF8 ] || problem "encoding: is $encoding, must be UTF8"

# The connection must reach the server and the database of the settings, not another one behind a proxy.
differs() { [ "$2" = "$3" ] || problem "$1: is \"$2\" on the server and \"$3\" in the settings"; }
differs port "$(query "SELECT coalesce(inet_server_port()::text, current_setting('port'))")" "$PGPORT"
differs user "$(query 'SELECT session_user')" "$PGUSER"
differs database "$(query 'SELECT current_database()')" "$PGDATABASE"

if [ "$(query 'SELECT pg_is_in_recovery()')" = t ]; then
  problem "standby: the server is a read-only standby; use the host of the primary"
else
  error=$(query 'CREATE TABLE coder_preflight (id int); DROP TABLE coder_preflight' 2>&1 >/dev/null) \
    || problem "privileges: \"$PGUSER\" can't create and drop a table: $error"
  psql -XAtq -c 'LISTEN coder_preflight' -c 'NOTIFY coder_preflight' -c 'SELECT 1' 2>&1 | grep -q 'Asynchronous notification' \
    || problem "LISTEN/NOTIFY: no notification arrived; if host is a connection pooler in transaction mode, use the server's own host"
  not_ours=$(ownership_problem "$PGDATABASE")
  if [ -n "$not_ours" ]; then
    problem "owner: $not_ours"
  elif [ ! -s /tmp/problems ]; then
    # Fails without harm if the login does not own the database.
    psql -Xq -v database="$PGDATABASE" -v comment="$(owner_comment)" >/dev/null 2>&1 <<'SQL' || true
SELECT format('COMMENT ON DATABASE %I IS %L', :'database', :'comment') \gexec
SQL
  fi
fi

limit=$(query "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int \
  - coalesce(current_setting('reserved_connections', true), '0')::int")
needed=$((CONNECTIONS + RESERVE))
[ "$needed" -le "$limit" ] \
  || problem "connections: $REPLICAS replica(s) need up to $CONNECTIONS, $RESERVE more are reserved for administrators, and the server allows $limit; increase max_connections or decrease replicas"
for scope in "rolconnlimit FROM pg_roles WHERE rolname = session_user" "datconnlimit FROM pg_database WHERE datname = current_database()"; do
  own=$(query "SELECT $scope")
  [ "$own" -lt 0 ] || [ "$own" -ge "$CONNECTIONS" ] \
    || problem "connections: $REPLICAS replica(s) need up to $CONNECTIONS, and ${scope%% *} is $own"
done

measured="not measured"
if [ "$LATENCY_GATE" != off ]; then
  echo 'SELECT 1' > /tmp/select1.sql
  clients=10
  [ "$limit" -ge 20 ] || clients=$((limit / 2 > 0 ? limit / 2 : 1))
  echo "Measuring the latency under load for $SECONDS_OF_LOAD s"
  if pgbench -n -f /tmp/select1.sql -c "$clients" -j 2 -R 200 -T "$SECONDS_OF_LOAD" -L "$LATENCY_LIMIT_MS" > /tmp/load 2>&1; then
    average=$(awk '/^latency average/ {print $4}' /tmp/load)
    slow=$(awk -F'[(%]' '/above the .* latency limit/ {print $2}' /tmp/load)
    measured="latency under load $average ms on average (limit $LATENCY_LIMIT_MS ms), ${slow:-0}% above it"
    slower=''
    if awk "BEGIN {exit !($average > $LATENCY_LIMIT_MS)}"; then
      slower="latency: $average ms on average under load, must be under $LATENCY_LIMIT_MS ms (${slow:-0}% above it); run Coder and its database in the same zone"
    elif awk "BEGIN {exit !(${slow:-0} > $TAIL_PERCENT)}"; then
      slower="latency: $average ms on average under load, but ${slow}% above $LATENCY_LIMIT_MS ms, must be at most $TAIL_PERCENT%"
    fi
    if [ -n "$slower" ]; then
      if [ "$LATENCY_GATE" = warn ]; then echo "Warning: $slower"; else problem "$slower"; fi
    fi
  else
    problem "latency: the measurement failed: $(tail -n 1 /tmp/load)"
  fi
fi

verdict
echo "Preflight of $PGHOST passed: PostgreSQL $version, $TLS ($required), $needed of $limit connections, $measured" \
  | finish
