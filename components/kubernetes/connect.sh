# Shared by all Jobs: the login in /login, and what a failed connection means in words.

export PGCONNECT_TIMEOUT=5
if [ -s /login/password ]; then
  PGPASSWORD=$(cat /login/password)
  export PGPASSWORD
fi

finish() { tee /dev/termination-log; }
query() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

# Tries for a while, for a new server's name and firewall may take long to be known everywhere.
# Prints why it can't connect, or nothing.
connection_problem() {
  tries=0
  while :; do
    error=$(query 'SELECT 1' 2>&1 >/dev/null) && return
    # A hint follows on an indented line; of several addresses the last one tells enough.
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
      echo "TLS: the server offers none and sslMode is $PGSSLMODE; switch it on in the server (ssl = on)" ;;
    *"certificate verify failed"*|*"does not match host name"*|*"SSL error"*)
      echo "TLS: the server's certificate does not pass $PGSSLMODE: $error" ;;
    *"authentication failed"*)
      echo "login: the server refuses the password of \"$PGUSER\"" ;;
    *"no password supplied"*)
      echo "login: the server asks for a password of \"$PGUSER\", and none is given" ;;
    *) echo "connection: $PGHOST can't be reached: $error" ;;
  esac
}
