# Checks the database with Coder's login, on the nodes where Coder will run.
# Each failed check prints one line; the update fails after all checks have run.

export PGAPPNAME=coder-preflight

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

# Whether the server accepts an unencrypted connection. One that rejects the login, or its method, has.
accepts_plaintext() {
  PGSSLMODE=disable PGSSLROOTCERT='' PGREQUIREAUTH=scram-sha-256 \
    command psql -Xq -c 'SELECT 1' >/dev/null 2>/tmp/plaintext && return
  grep -q -e 'authentication failed' -e 'authentication method requirement' /tmp/plaintext
}
case "$refused" in *"does not support it"*) ;; *)
  if accepts_plaintext; then
    problem "TLS: the server also accepts unencrypted connections; require TLS" \
      "(hostssl in pg_hba.conf, rds.force_ssl, require_secure_transport, or the equivalent)"
  fi ;;
esac

watch_transactions
number=$(query 'SHOW server_version_num')
version=$(query 'SHOW server_version')
[ "$number" -ge $((MINIMUM_VERSION * 10000)) ] \
  || problem "version: the server is PostgreSQL $version, chart $CHART_VERSION requires $MINIMUM_VERSION or later"
encoding=$(query 'SHOW server_encoding')
[ "$encoding" = UTF8 ] || problem "encoding: is $encoding, must be UTF8"

# Services, proxies and poolers have names and ports of their own. The address is the one that Coder uses.
notes=''
: > /tmp/warnings
note() {
  [ "$2" = "$3" ] || notes="$notes; $1 is \"$2\" on the server and \"$3\" in the settings (a proxy is between them)"
}
note port "$(query "SELECT coalesce(inet_server_port()::text, current_setting('port'))")" "$PGPORT"
note user "$(query 'SELECT session_user')" "$PGUSER"
note database "$(query 'SELECT current_database()')" "$PGDATABASE"

timeouts=$(timeout_problems)
[ -z "$timeouts" ] || printf '%s\n' "$timeouts" | sed 's/^/- /' >> /tmp/problems
read_only=$(read_only_problem)
if [ -n "$read_only" ]; then
  problem "$read_only"
else
  error=$(query 'CREATE TABLE coder_preflight (id int); DROP TABLE coder_preflight' 2>&1 >/dev/null) \
    || problem "privileges: \"$PGUSER\" can't create and drop a table: $(printf '%s\n' "$error" | reason)"
  if ! psql -XAtq -v ON_ERROR_STOP=1 -c 'LISTEN coder_preflight' -c 'NOTIFY coder_preflight' -c 'SELECT 1' \
    > /tmp/notified 2>/dev/null; then
    problem "LISTEN/NOTIFY: $(explain "$(cat /tmp/error)")"
  elif ! grep -q '^Asynchronous notification' /tmp/notified; then
    problem "LISTEN/NOTIFY: no notification arrived; if host is a connection pooler in transaction mode, use the server's own host"
  fi
  not_ours=$(ownership_problem "$PGDATABASE")
  [ -z "$not_ours" ] || problem "owner: $not_ours"
  elsewhere=$(schema_problem)
  [ -z "$elsewhere" ] || problem "schema: $elsewhere"
  # What the login may change is what its current role may: the owner role, if it is one of ours.
  foreign=$(object_problems "$PGDATABASE" "$(query 'SELECT current_user')")
  if [ -n "$foreign" ]; then
    while read -r line; do problem "owner: $line"; done <<LINES
$foreign
LINES
  fi
  if [ ! -s /tmp/problems ]; then
    error=$(record_owner "$PGDATABASE") || problem "owner: can't record that the database is this stack's: $error"
  fi
fi

limit=$(query "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int \
  - coalesce(current_setting('reserved_connections', true), '0')::int \
  - coalesce(nullif(current_setting('rds.rds_superuser_reserved_connections', true), ''), '0')::int")
# Logins that act as the owner are Coder's too: before a rotation is over, some pods use the other one.
held=$(query "SELECT count(*) FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid \
  WHERE a.datid IS NOT NULL AND coalesce(a.backend_type, 'client backend') = 'client backend' \
  AND a.usename <> session_user AND NOT coalesce('role=' || current_user = ANY (r.rolconfig), false)")
needed=$((CONNECTIONS + RESERVE))
free=$((limit - held))
[ "$needed" -le "$free" ] \
  || problem "connections: $REPLICAS replica(s) need up to $CONNECTIONS, $RESERVE more are reserved for administrators, the server" \
    "allows $limit, and other users hold $held now; increase max_connections, decrease replicas, or end other sessions"
for scope in "rolconnlimit FROM pg_roles WHERE rolname = session_user" "datconnlimit FROM pg_database WHERE datname = current_database()"; do
  own=$(query "SELECT $scope")
  [ "$own" -lt 0 ] || [ "$own" -ge "$CONNECTIONS" ] \
    || problem "connections: $REPLICAS replica(s) need up to $CONNECTIONS, and ${scope%% *} is $own"
  [ "$own" -lt 0 ] || [ "$own" -ge "$free" ] || free=$own
done

measured="not measured"
if [ "$LATENCY_GATE" != off ]; then
  echo 'SELECT 1' > /tmp/select1.sql
  clients=10
  [ "$free" -ge 20 ] || clients=$((free > 3 ? free / 2 : 1))
  echo "Measuring the latency under load for $SECONDS_OF_LOAD s"
  if ! command -v pgbench >/dev/null; then
    problem "toolsImage: the image has no pgbench; set toolsImage to an image that has it, or latencyGate to off"
  elif ! pgbench -n -f /tmp/select1.sql -c "$clients" -j 2 -R 200 -T "$SECONDS_OF_LOAD" -L "$LATENCY_LIMIT_MS" > /tmp/load 2> /tmp/error; then
    problem "latency: the measurement failed: $(reason < /tmp/error)"
  else
    average=$(awk '/^latency average/ {print $4}' /tmp/load)
    slow=$(awk -F'[(%]' '/above the .* latency limit/ {print $2}' /tmp/load)
    measured="latency under load $average ms on average (limit $LATENCY_LIMIT_MS ms), ${slow:-0}% above it"
    slower=''
    if [ -z "$average" ]; then
      problem "latency: the measurement failed: no query was answered in $SECONDS_OF_LOAD s"
    elif awk "BEGIN {exit !($average > $LATENCY_LIMIT_MS)}"; then
      slower="latency: $average ms on average under load, must be under $LATENCY_LIMIT_MS ms (${slow:-0}% above it); run Coder and its database in the same zone"
    elif awk "BEGIN {exit !(${slow:-0} > $TAIL_PERCENT)}"; then
      slower="latency: $average ms on average under load, but ${slow}% above $LATENCY_LIMIT_MS ms, must be at most $TAIL_PERCENT%"
    fi
    if [ -n "$slower" ]; then
      if [ "$LATENCY_GATE" = warn ]; then echo "Warning: $slower" >> /tmp/warnings; else problem "$slower"; fi
    fi
  fi
fi

transaction_warnings | sed 's/.*/Warning: &; a migration of Coder may have to wait for it: end it if it can be ended/' >> /tmp/warnings
verdict
{ echo "Preflight of $PGHOST passed: PostgreSQL $version, $TLS ($required), $needed of $limit connections" \
  "($held held by other users), $measured$notes"; cat /tmp/warnings; } | finish
