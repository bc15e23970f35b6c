# Proves, from where Coder will run and with Coder's own login, that the database is fit.
# Every broken promise is one line; all of them are named before the update fails.

export PGAPPNAME=coder-preflight
: > /tmp/problems

problem() { echo "- $(printf '%s' "$*" | tr '\n' ' ')" >> /tmp/problems; }
verdict() {
  [ -s /tmp/problems ] || return 0
  { echo "Preflight of $PGHOST: $(wc -l < /tmp/problems) broken promise(s)"; cat /tmp/problems; } | finish
  exit 1
}

required=$PGSSLMODE
refused=$(connection_problem)
if [ -n "$refused" ]; then
  problem "$refused"
  # The rest can still be told, by a connection that gives no password away: SCRAM proves that one
  # knows it without sending it.
  PGSSLMODE=prefer PGSSLROOTCERT='' PGREQUIREAUTH=scram-sha-256
  export PGSSLMODE PGSSLROOTCERT PGREQUIREAUTH
  query 'SELECT 1' >/dev/null 2>&1 || verdict
fi
TLS=$(query "SET ROLE NONE; SELECT coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()), 'no TLS')")

in_the_clear() {
  PGSSLMODE=disable PGSSLROOTCERT='' PGREQUIREAUTH=scram-sha-256 query 'SELECT 1' 2>&1 >/dev/null \
    && echo accepted
}
case "$refused" in *"offers none"*) ;; *)
  # Whatever asks for a password, or how, has already let the connection in.
  case "$(in_the_clear)" in
    accepted|*"authentication failed"*|*"authentication method requirement"*)
      problem "TLS: the server also accepts connections in the clear; allow only TLS" \
        "(hostssl in pg_hba.conf, rds.force_ssl, require_secure_transport, or the like)" ;;
  esac ;;
esac

number=$(query 'SHOW server_version_num')
version=$(query 'SHOW server_version')
[ "$number" -ge $((MINIMUM_VERSION * 10000)) ] \
  || problem "version: the server is PostgreSQL $version, chart $CHART_VERSION needs $MINIMUM_VERSION or later"
encoding=$(query 'SHOW server_encoding')
[ "$encoding" = UTF8 ] || problem "encoding: the database's is $encoding, must be UTF8"

# What a person would otherwise read from the server by hand and compare.
differs() { [ "$2" = "$3" ] || problem "$1: the server says \"$2\", the settings say \"$3\""; }
differs port "$(query "SELECT coalesce(inet_server_port()::text, current_setting('port'))")" "$PGPORT"
differs user "$(query 'SELECT session_user')" "$PGUSER"
differs database "$(query 'SELECT current_database()')" "$PGDATABASE"

if [ "$(query 'SELECT pg_is_in_recovery()')" = t ]; then
  problem "standby: the server is a standby and read-only; name the primary"
else
  error=$(query 'CREATE TABLE coder_preflight (id int); DROP TABLE coder_preflight' 2>&1 >/dev/null) \
    || problem "rights: \"$PGUSER\" can't create and drop a table: $error"
  psql -XAtq -c 'LISTEN coder_preflight' -c 'NOTIFY coder_preflight' -c 'SELECT 1' 2>&1 | grep -q 'Asynchronous notification' \
    || problem "LISTEN/NOTIFY does not arrive: a connection pooler in transaction mode? name the server itself"
  mark=$(mark_problem "$PGDATABASE")
  if [ -n "$mark" ]; then
    problem "owner: $mark"
  elif [ ! -s /tmp/problems ]; then
    # A login that does not own the database can't comment on it, and need not.
    psql -Xq -v database="$PGDATABASE" -v mark="$(mark_text)" >/dev/null 2>&1 <<'SQL' || true
SELECT format('COMMENT ON DATABASE %I IS %L', :'database', :'mark') \gexec
SQL
  fi
fi

limit=$(query "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int \
  - coalesce(current_setting('reserved_connections', true), '0')::int")
needed=$((CONNECTIONS + RESERVE))
[ "$needed" -le "$limit" ] \
  || problem "connections: $REPLICAS replica(s) need up to $CONNECTIONS and $RESERVE more are kept free, the server allows $limit; raise max_connections or lower replicas"
for scope in "rolconnlimit FROM pg_roles WHERE rolname = session_user" "datconnlimit FROM pg_database WHERE datname = current_database()"; do
  own=$(query "SELECT $scope")
  [ "$own" -lt 0 ] || [ "$own" -ge "$CONNECTIONS" ] \
    || problem "connections: $REPLICAS replica(s) need up to $CONNECTIONS, ${scope%% *} allows $own"
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
      slower="latency: $average ms on average under load, must be under $LATENCY_LIMIT_MS ms (${slow:-0}% above); put Coder and its database in one zone"
    elif awk "BEGIN {exit !(${slow:-0} > $TAIL_PERCENT)}"; then
      slower="latency: $average ms on average under load, yet ${slow}% above $LATENCY_LIMIT_MS ms, must be under $TAIL_PERCENT%"
    fi
    if [ -n "$slower" ]; then
      if [ "$LATENCY_GATE" = warn ]; then echo "Warning: $slower"; else problem "$slower"; fi
    fi
  else
    problem "latency: can't be measured: $(tail -n 1 /tmp/load)"
  fi
fi

verdict
echo "Preflight of $PGHOST passed: PostgreSQL $version, $TLS ($required), $needed of $limit connections, $measured" \
  | finish
