# Creates the owner role, the two login roles and the database; repeated runs have the same result.
# The admin login is in /login. Roles and grants follow the rules of PostgreSQL 16 and later.

export PGAPPNAME=coder-database PGDATABASE=postgres
PGUSER=$(cat /login/username)
export PGUSER

fail() { echo "$*" | finish; exit 1; }

problem=$(connection_problem)
[ -z "$problem" ] || fail "The admin login can't connect to $PGHOST: $problem"
[ "$(query 'SELECT pg_is_in_recovery()')" = f ] \
  || fail "standby: $PGHOST is a read-only standby; use the host of the primary"

exists=$(psql -XAtq -v database="$DATABASE" <<'SQL'
SELECT 1 FROM pg_database WHERE datname = :'database'
SQL
)
if [ -n "$exists" ]; then
  problem=$(ownership_problem "$DATABASE")
  [ -z "$problem" ] || fail "$problem"
fi

error=$(psql -Xq -v ON_ERROR_STOP=1 -v owner="$DATABASE" -v database="$DATABASE" -v comment="$(owner_comment)" \
  -v blue="${DATABASE}_blue" -v green="${DATABASE}_green" 2>&1 >/dev/null <<'SQL'
SET client_min_messages = warning;
SELECT format('CREATE ROLE %I NOLOGIN', :'owner')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
-- Since 16 the creator of a role may administer it, but needs a grant to act as it.
SELECT current_setting('server_version_num')::int >= 160000 AS needs_options \gset
\if :needs_options
  SELECT format('GRANT %I TO CURRENT_USER WITH SET TRUE, INHERIT FALSE', :'owner') \gexec
\else
  SELECT format('GRANT %I TO CURRENT_USER', :'owner') \gexec
\endif
SELECT format('CREATE ROLE %I LOGIN', login) FROM unnest(ARRAY[:'blue', :'green']) AS login
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) \gexec
SELECT format('GRANT %I TO %I', :'owner', login) FROM unnest(ARRAY[:'blue', :'green']) AS login \gexec
-- Objects that a login creates belong to the owner, so that the other login can use and drop them.
SELECT format('ALTER ROLE %I SET role = %L', login, :'owner')
  FROM unnest(ARRAY[:'blue', :'green']) AS login \gexec
SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'database', :'owner')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', :'database', :'owner')
  FROM pg_database WHERE datname = :'database' AND datdba <> :'owner'::regrole \gexec
SELECT format('SET ROLE %I', :'owner') \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'database') \gexec
-- The admin login must connect to list the tables of a database without a comment.
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', :'database', session_user) \gexec
SELECT format('COMMENT ON DATABASE %I IS %L', :'database', :'comment') \gexec
SQL
) || fail "The admin login \"$PGUSER\" can't create the roles and the database: $error"

for colour in blue green; do
  # \password sends a SCRAM verifier, so that no statement in a log contains the password.
  error=$({
    echo "SET password_encryption = 'scram-sha-256';"
    printf '\\password "%s_%s"\n' "$DATABASE" "$colour"
    cat "/login/$colour"; echo
    cat "/login/$colour"; echo
  } | psql -Xq -v ON_ERROR_STOP=1 2>&1 >/dev/null) \
    || fail "Can't set the password of ${DATABASE}_$colour: $error"
done
echo "Database $DATABASE on $PGHOST: owner role $DATABASE, login roles ${DATABASE}_blue and ${DATABASE}_green" \
  | finish
