# Shared by all Jobs: reads the login from /login, waits for a server that is starting or restarting,
# and explains a connection that fails.

# Messages are read only after a failure, and in English.
export PGCONNECT_TIMEOUT=5 LC_ALL=C
if [ -s /login/password ]; then
  PGPASSWORD=$(cat /login/password)
  export PGPASSWORD
fi
MOST_WAITS=24
for file in waits error problems; do : > "/tmp/$file"; done
# The log, also where the output of a function is captured.
exec 3>&1

# Ends a Job that its image can't run.
wrong_image() {
  echo "toolsImage: $1; set toolsImage to an image with the programs of PostgreSQL 16 or later," \
    "for example docker.io/library/postgres:17.6-alpine" | tee /dev/termination-log
  exit 1
}
missing=
for program in awk grep psql sed; do command -v "$program" >/dev/null || missing="$missing $program"; done
[ -z "$missing" ] || wrong_image "the image has no$missing"

# Logs the text and ends with it: Pulumi shows it as one item of a list, whose other lines are indented.
finish() {
  text=$(sed '2,$s/^/      /')
  echo "$text"
  printf '%s' "$text" > /dev/termination-log
}

# A script that stops where it did not expect to prints what the server said last.
unexpected_end() {
  [ "$1" = 0 ] || [ -s /dev/termination-log ] && return
  { echo "The Job on $PGHOST stopped: $(explain "$(cat /tmp/error)")"; cat /tmp/problems; } | finish
}
trap 'unexpected_end "$?"' EXIT

tools=$(command psql --version 2>/dev/null) || tools=
tools=$(printf '%s' "$tools" | sed 's/^[^0-9]*//; s/[^0-9].*//')
# Older ones ignore PGREQUIREAUTH and know no system roots, and blame the server's certificate.
[ "${tools:-0}" -ge 16 ] || wrong_image "its psql is ${tools:-missing}, must be 16 or later"

# psql, which repeats what failed because the server can't be reached or is restarting. Everything that
# the Jobs run can be repeated.
psql() {
  input=''
  case " $* " in *" -c "*) ;; *) input=$(cat) ;; esac
  while :; do
    code=0
    printf '%s\n' "$input" | command psql "$@" > /tmp/answer 2> /tmp/error || code=$?
    if [ "$code" = 0 ] || ! waiting_cures "$code" || ! wait_for_server; then break; fi
  done
  cat /tmp/answer
  cat /tmp/error >&2
  return "$code"
}
query() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

# Whether psql may succeed later. Its code is 2 if there is no connection, or not any more.
waiting_cures() {
  case "$(cat /tmp/error)" in
    *"tuple concurrently updated"*|*"deadlock detected"*|*"is being accessed by other users"*) return 0 ;;
    *"authentication failed"*|*"no password supplied"*|*"authentication method requirement"*) return 1 ;;
    *"does not exist"*|*"not permitted to log in"*|*"permission denied"*|*"no pg_hba.conf entry"*) return 1 ;;
    *"no such database"*|*"no such user"*|*"unsupported startup parameter"*) return 1 ;;
    *"does not support SSL"*|*"certificate verify failed"*|*"does not match host name"*) return 1 ;;
    *"SSL error: "*"alert"*|*"unsupported protocol"*|*"wrong version number"*|*"certificate file"*) return 1 ;;
    *"pg_hba.conf rejects"*|*"invalid "*) return 1 ;;
  esac
  [ "$1" = 2 ]
}

# Waits a little, unless the Job has waited long enough.
wait_for_server() {
  [ "$(wc -l < /tmp/waits)" -lt "$MOST_WAITS" ] || return 1
  echo >> /tmp/waits
  echo "Waiting for $PGHOST: $(printf '%s\n' "$(cat /tmp/error)" | reason)" >&3
  sleep 5
}

# The cause in an error of psql: of several addresses that of the last one, without libpq's hints; of
# a statement everything from its error on, without the warnings before it.
reason() {
  awk '
    /ERROR: / { statement = 1 }
    statement { text = text (text == "" ? "" : " ") $0; next }
    /^[ \t]/ || /(WARNING|NOTICE|warning): / || /^(DETAIL|HINT): / { next }
    { sub(/^(psql|pgbench): error: /, "") }
    /connection to server .* failed: / { sub(/^.* failed: /, ""); cause = $0 }
    first == "" { first = $0 }
    END { print text != "" ? text : cause != "" ? cause : first }'
}

# Prints why the server can't be used, or nothing.
connection_problem() {
  error=$(query 'SELECT 1' 2>&1 >/dev/null) || explain "$error"
}

has_roots() {
  for roots in "${SSL_CERT_FILE:-}" /etc/ssl/cert.pem /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    [ ! -s "$roots" ] || return 0
  done
  return 1
}

# Explains an error of psql in one line.
explain() {
  cause=$(printf '%s\n' "$1" | reason)
  case "$cause" in
    *"ERROR: "*) echo "$cause" ;;
    *"does not support SSL"*)
      echo "TLS: the server does not support it, and sslMode is $PGSSLMODE; enable it on the server (ssl = on)" ;;
    *"certificate verify failed"*)
      if [ "${PGSSLROOTCERT:-}" != system ]; then
        echo "TLS: the server's certificate fails $PGSSLMODE: $cause"
      elif has_roots; then
        echo "TLS: the server's certificate fails $PGSSLMODE with the CA roots of toolsImage: $cause;" \
          "set caCertificate to the server's CA if that is a private one"
      else
        echo "toolsImage: the image has no CA certificates, so that no server's certificate can be verified;" \
          "set toolsImage to an image with ca-certificates, or caCertificate to the server's CA"
      fi ;;
    *"does not match host name"*)
      echo "TLS: the server's certificate fails $PGSSLMODE: $cause" ;;
    *"authentication failed"*)
      echo "login: the server rejected the password of \"$PGUSER\"; it is wrong, or the login has expired (VALID UNTIL)${PASSWORD_CURE:+; $PASSWORD_CURE}" ;;
    *"no password supplied"*)
      echo "login: the server requires a password for \"$PGUSER\", and none is set" ;;
    *"not permitted to log in"*)
      echo "login: \"$PGUSER\" may not log in; run ALTER ROLE \"$PGUSER\" LOGIN on the server" ;;
    *"role \""*"does not exist"*|*"no such user"*)
      echo "login: the server has no login \"$PGUSER\"" ;;
    *"database \""*"does not exist"*|*"no such database"*)
      echo "database: the server has no database \"$PGDATABASE\"; create it, or set existing.database to another name" ;;
    *"permission denied for database"*)
      echo "login: \"$PGUSER\" may not connect; run GRANT CONNECT ON DATABASE \"$PGDATABASE\" TO \"$PGUSER\"" ;;
    *"pg_hba.conf"*)
      echo "access: the server does not admit the login from this pod: $cause; change pg_hba.conf or the server's firewall" ;;
    *"connection slots"*|*"too many c"*)
      echo "connections: the server has no free connection for \"$PGUSER\": $cause; increase max_connections" \
        "or end other sessions" ;;
    *"SSL error: "*)
      echo "TLS: the connection fails: $cause" ;;
    *"timeout expired"*|*"timed out"*)
      echo "connection: $PGHOST can't be reached: $cause; the packets are dropped on the way:" \
        "${FIREWALL:-check the firewall and the routes between the nodes and the server}" ;;
    *) echo "connection: $PGHOST can't be reached: $cause" ;;
  esac
}
