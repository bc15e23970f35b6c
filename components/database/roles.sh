# Creates the owner role, the two login roles and the database; repeated runs have the same result.
# The admin login is in /login. Roles and grants follow the rules of PostgreSQL 16 and later.

export PGAPPNAME=coder-database PGDATABASE
PGUSER=$(cat /login/username)
export PGUSER

fail() { echo "$*" | finish; exit 1; }

# Some services have no database `postgres`, or admit nobody to it.
for PGDATABASE in postgres "$DATABASE" defaultdb template1; do
  problem=$(connection_problem)
  case "$problem" in "database: "*|*GRANT*) ;; *) break ;; esac
done
case "$problem" in "database: "*|*GRANT*) problem="database: none of postgres, $DATABASE, defaultdb and template1 is there and admits \"$PGUSER\"" ;; esac
[ -z "$problem" ] || fail "The admin login can't connect to $PGHOST: $problem"
problem=$(read_only_problem)
[ -z "$problem" ] || fail "$problem"

# Nothing is changed before all of it is known to be this stack's.
# A database that admits no connections and has no comment is one that a killed Job was creating.
exists=$(psql -XAtq -v database="$DATABASE" <<'SQL'
SELECT 1 FROM pg_database WHERE datname = :'database' AND NOT (datconnlimit = 0
  AND pg_get_userbyid(datdba) = :'database' AND shobj_description(oid, 'pg_database') IS NULL)
SQL
)
is_new=yes
is_marked=no
problems=
if [ -n "$exists" ]; then
  is_new=no
  problem=$(ownership_problem "$DATABASE")
  [ -z "$problem" ] || fail "$problem"
  [ -z "$(database_marks "$DATABASE")" ] || is_marked=yes
  problems=$(object_problems "$DATABASE" "$DATABASE" "$(role_mark)")
fi
problems="$(role_problems "$is_marked")${problems:+
$problems}"
problems=$(printf '%s' "$problems" | sed '/^$/d')
[ -z "$problems" ] || fail "$problems"

error=$(psql -Xq -v ON_ERROR_STOP=1 -v owner="$DATABASE" -v database="$DATABASE" -v mark="$(role_mark)" \
  -v blue="${DATABASE}_blue" -v green="${DATABASE}_green" -v is_new="$is_new" 2>&1 >/dev/null <<'SQL'
SET client_min_messages = warning;
SET statement_timeout = 0;
-- A role never exists without its mark.
BEGIN;
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY[:'owner', :'blue', :'green']) AS name
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT format('COMMENT ON ROLE %I IS %L', rolname, CASE
    WHEN text = '' THEN :'mark'
    WHEN text ~ 'coder stack=[^ ]+ database=[a-z0-9_]+' THEN regexp_replace(text, 'coder stack=[^ ]+ database=[a-z0-9_]+', :'mark')
    ELSE text || ' [' || :'mark' || ']' END)
  FROM pg_roles r, coalesce(shobj_description(r.oid, 'pg_authid'), '') AS text
  WHERE rolname IN (:'owner', :'blue', :'green') AND position(:'mark' IN text) = 0 \gexec
-- Some attributes only a superuser may name, even to say what they are already.
SELECT format('ALTER ROLE %I %s', rolname, concat_ws(' ',
    CASE WHEN rolname = :'owner' THEN 'NOLOGIN PASSWORD NULL' ELSE 'LOGIN' END, 'INHERIT VALID UNTIL ''infinity''',
    CASE WHEN rolsuper THEN 'NOSUPERUSER' END, CASE WHEN rolcreaterole THEN 'NOCREATEROLE' END,
    CASE WHEN rolcreatedb THEN 'NOCREATEDB' END, CASE WHEN rolreplication THEN 'NOREPLICATION' END,
    CASE WHEN rolbypassrls THEN 'NOBYPASSRLS' END))
  FROM pg_roles WHERE rolname IN (:'owner', :'blue', :'green') \gexec
-- Since 16 the creator of a role may administer it, but needs a grant to act as it. Before, CREATEROLE is enough, but
-- after a major upgrade to 16 or later only ADMIN OPTION lets the admin change a role.
SELECT current_setting('server_version_num')::int >= 160000 AS needs_options \gset
\if :needs_options
  SELECT format('GRANT %I TO CURRENT_USER WITH SET TRUE, INHERIT FALSE', :'owner') \gexec
\else
  SELECT format('GRANT %I TO CURRENT_USER WITH ADMIN OPTION', name)
    FROM unnest(ARRAY[:'owner', :'blue', :'green']) AS name \gexec
\endif
SELECT format('GRANT %I TO %I', :'owner', login) FROM unnest(ARRAY[:'blue', :'green']) AS login \gexec
-- What the server or the database sets must not end Coder's LISTEN or its migrations.
SELECT format('ALTER ROLE %I SET %I = 0', login, name) FROM unnest(ARRAY[:'blue', :'green']) AS login, pg_settings
  WHERE name IN ('statement_timeout', 'transaction_timeout', 'lock_timeout', 'idle_session_timeout',
    'idle_in_transaction_session_timeout') \gexec
-- Objects that a login creates belong to the owner, so that the other login can use and drop them.
SELECT format('ALTER ROLE %I SET role = %L', login, :'owner')
  FROM unnest(ARRAY[:'blue', :'green']) AS login \gexec
COMMIT;
SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0 CONNECTION LIMIT 0', :'database', :'owner')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', :'database', :'owner')
  FROM pg_database WHERE datname = :'database' AND datdba <> :'owner'::regrole \gexec
SELECT format('SET ROLE %I', :'owner') \gexec
-- The admin login must connect to read the tables and their owners.
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', :'database', session_user) \gexec
\if :is_new
  -- Later on, what PUBLIC may do is an administrator's decision: monitoring may rely on it.
  SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'database') \gexec
  SELECT format('ALTER DATABASE %I CONNECTION LIMIT -1', :'database') \gexec
\endif
SQL
) && error=$(export PGOPTIONS="-c role=$DATABASE"; record_owner "$DATABASE") \
  || fail "The admin login \"$PGUSER\" can't create the roles and the database: $(printf '%s\n' "$error" | reason)"

for colour in blue green; do
  # \password sends a SCRAM verifier, so that no statement in a log contains the password.
  error=$({
    echo "SET password_encryption = 'scram-sha-256';"
    printf '\\password "%s_%s"\n' "$DATABASE" "$colour"
    cat "/login/$colour"; echo
    cat "/login/$colour"; echo
  } | psql -Xq -v ON_ERROR_STOP=1 2>&1 >/dev/null) \
    || fail "Can't set the password of ${DATABASE}_$colour: $(printf '%s\n' "$error" | reason)"
done
echo "Database $DATABASE on $PGHOST: owner role $DATABASE, login roles ${DATABASE}_blue and ${DATABASE}_green" \
  | finish
