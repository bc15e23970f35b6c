# Makes the owner role, the two login roles and the database, again and again with the same result.
# The admin login arrives in /login; roles and grants follow PostgreSQL's rules of 16 and later.

export PGAPPNAME=coder-database PGDATABASE=postgres
PGUSER=$(cat /login/username)
export PGUSER

fail() { echo "$*" | finish; exit 1; }

problem=$(connection_problem)
[ -z "$problem" ] || fail "The admin login does not get into $PGHOST: $problem"
[ "$(query 'SELECT pg_is_in_recovery()')" = f ] \
  || fail "standby: $PGHOST is a standby and read-only; name the primary"

exists=$(psql -XAtq -v database="$DATABASE" <<'SQL'
SELECT 1 FROM pg_database WHERE datname = :'database'
SQL
)
if [ -n "$exists" ]; then
  problem=$(mark_problem "$DATABASE")
  [ -z "$problem" ] || fail "$problem"
fi

error=$(psql -Xq -v ON_ERROR_STOP=1 -v owner="$DATABASE" -v database="$DATABASE" -v mark="$(mark_text)" \
  -v blue="${DATABASE}_blue" -v green="${DATABASE}_green" 2>&1 >/dev/null <<'SQL'
SET client_min_messages = warning;
SELECT format('CREATE ROLE %I NOLOGIN', :'owner')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
-- From 16 on, whoever creates a role may administer it, but not act as it unless it says so.
SELECT current_setting('server_version_num')::int >= 160000 AS says_so \gset
\if :says_so
  SELECT format('GRANT %I TO CURRENT_USER WITH SET TRUE, INHERIT FALSE', :'owner') \gexec
\else
  SELECT format('GRANT %I TO CURRENT_USER', :'owner') \gexec
\endif
SELECT format('CREATE ROLE %I LOGIN', login) FROM unnest(ARRAY[:'blue', :'green']) AS login
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) \gexec
SELECT format('GRANT %I TO %I', :'owner', login) FROM unnest(ARRAY[:'blue', :'green']) AS login \gexec
-- Whatever either login makes belongs to the owner, so the other one can use and drop it.
SELECT format('ALTER ROLE %I SET role = %L', login, :'owner')
  FROM unnest(ARRAY[:'blue', :'green']) AS login \gexec
SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'database', :'owner')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', :'database', :'owner')
  FROM pg_database WHERE datname = :'database' AND datdba <> :'owner'::regrole \gexec
SELECT format('SET ROLE %I', :'owner') \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'database') \gexec
-- Else the admin could not look into a database whose mark somebody took away.
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', :'database', session_user) \gexec
SELECT format('COMMENT ON DATABASE %I IS %L', :'database', :'mark') \gexec
SQL
) || fail "The admin login \"$PGUSER\" can't make the roles and the database: $error"

for colour in blue green; do
  # \password sends a SCRAM verifier: the password itself is in no statement that a log could hold.
  error=$({
    echo "SET password_encryption = 'scram-sha-256';"
    printf '\\password "%s_%s"\n' "$DATABASE" "$colour"
    cat "/login/$colour"; echo
    cat "/login/$colour"; echo
  } | psql -Xq -v ON_ERROR_STOP=1 2>&1 >/dev/null) \
    || fail "The password of ${DATABASE}_$colour can't be set: $error"
done
echo "Database $DATABASE on $PGHOST: owner $DATABASE, logins ${DATABASE}_blue and ${DATABASE}_green" \
  | finish
