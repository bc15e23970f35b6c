# Shared by all Jobs: reads the login from /login, and explains a connection that fails.

export PGCONNECT_TIMEOUT=5
if [ -s /login/password ]; then
  PGPASSWORD=$(cat /login/password)
  export PGPASSWORD
fi

# Logs the text and ends with it: Pulumi shows it as one item of a list, whose other lines are indented.
finish() {
  text=$(sed '2,$s/^/      /')
  echo "$text"
  printf '%s' "$text" > /dev/termination-log
}
query() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

# Prints why the server can't be reached, or nothing. It retries, because the DNS name and the firewall
# of a new server can take a minute to work.
connection_problem() {
  tries=0
  while :; do
    error=$(query 'SELECT 1' 2>&1 >/dev/null) && return
    # Without psql's indented hints; of several addresses, the error of the last one is enough.
    error=$(printf '%s\n' "$error" | grep -v '^[[:blank:]]' | tail -n 1 \
      | sed 's/^psql: error: //; s/^connection to server at .* failed: //')
    case "$error" in
      *"could not translate"*|*"imeout"*|*"refused"*|*"starting up"*|*"unreachable"*|*"No route"*)
        tries=$((tries + 1))
        if [ "$tries" -lt 12 ]; then
          echo "Waiting for $PGHOST: $error" >&2
          sleep 5
          continue
        fi ;;
    esac
    break
  done
  case "$error" in
    *"does not support SSL"*)
      echo "TLS: the server does not support it, and sslMode is $PGSSLMODE; enable it on the server (ssl = on)" ;;
    *"certificate verify failed"*|*"does not match host name"*|*"SSL error"*)
      echo "TLS: the server's certificate fails $PGSSLMODE: $error" ;;
    *"authentication failed"*)
      echo "login: the server rejected the password of \"$PGUSER\"" ;;
    *"no password supplied"*)
      echo "login: the server requires a password for \"$PGUSER\", and none is set" ;;
    *) echo "connection: $PGHOST can't be reached: $error" ;;
  esac
}
