# Who owns the objects in the schemas that Coder uses: those with `schema_migrations`, and the first one
# of existing.searchPath, otherwise public.

# Prints one line for each owner of objects in database $1 that role $2 can't change, with the statements
# that give them to the role. Objects of extensions are not Coder's. $3 is the comment that marks the role
# where it must be created first.
object_problems() {
  path=${SEARCH_PATH:-public}
  found=$(psql -XAtq -v ON_ERROR_STOP=1 -d "$1" -v role="$2" -v mark="${3:-}" -v schema="${path%%,*}" 2>/dev/null <<'SQL'
SET search_path = '';
WITH version AS (SELECT pg_catalog.current_setting('server_version_num')::int >= 160000 AS has_options),
needed AS (SELECT (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = :'role') AS role),
schemas AS (
  SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = :'schema'
  UNION SELECT relnamespace FROM pg_catalog.pg_class WHERE relname = 'schema_migrations' AND relkind IN ('r', 'p')
),
objects AS (
  SELECT 'pg_catalog.pg_class'::regclass AS catalog, oid, relowner AS owner,
    CASE relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END AS kind,
    format('ALTER TABLE %s', oid::regclass) AS change
  FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND relnamespace IN (TABLE schemas)
  UNION ALL
  SELECT 'pg_catalog.pg_type'::regclass, t.oid, typowner, 'type', format('ALTER TYPE %s', t.oid::regtype)
  FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_class c ON c.oid = typrelid
  WHERE typnamespace IN (TABLE schemas) AND (typtype IN ('d', 'e', 'r') OR relkind = 'c')
  UNION ALL
  SELECT 'pg_catalog.pg_proc'::regclass, oid, proowner, 'function', format('ALTER ROUTINE %s', oid::regprocedure)
  FROM pg_catalog.pg_proc WHERE pronamespace IN (TABLE schemas)
),
others AS (
  SELECT * FROM objects, needed
  WHERE NOT coalesce(pg_has_role(role, owner, 'USAGE'), false) AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d WHERE d.classid = catalog AND d.objid = objects.oid
    -- A sequence that belongs to a column changes its owner with the table.
    AND (deptype = 'e' OR kind = 'sequence' AND deptype IN ('a', 'i'))
  )
),
owners AS (
  SELECT owner, sum(number) AS number, string_agg(number || ' ' || kind || left('s', number::int - 1), ', ' ORDER BY kind) AS counts
  FROM (SELECT owner, kind, count(*) AS number FROM others GROUP BY owner, kind) AS kinds GROUP BY owner
),
rights AS (
  SELECT *, pg_has_role(owner, 'USAGE') AS has_old, coalesce(pg_has_role(role, 'USAGE'), false) AS has_new,
    CASE WHEN has_options THEN pg_has_role(owner, 'MEMBER WITH ADMIN OPTION')
      ELSE NOT r.rolsuper AND (SELECT rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user) END AS may_grant,
    CASE WHEN has_options THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END AS options,
    -- REASSIGN OWNED is impossible for the role that initdb made, and takes other databases of a role as well.
    owner <> 10 AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_database WHERE datdba = owner AND datname <> current_database()
    ) AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_class c WHERE relowner = owner AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
      AND relnamespace NOT IN (TABLE schemas)
    ) AS owns_nothing_else
  FROM owners JOIN pg_catalog.pg_roles r ON r.oid = owner, needed, version
)
SELECT 1, format('%s object(s) of database "%s" belong to role "%s", not to "%s" (%s), so Coder could not change them: %s: %s',
  number, current_database(), rolname, :'role', counts,
  CASE WHEN has_old OR may_grant THEN format('in that database, run as "%s"', current_user)
    ELSE format('in that database, run as a superuser, or as a role with the rights of "%s" and "%s"', rolname, :'role') END,
  concat_ws('; ',
    CASE WHEN role IS NULL THEN format('CREATE ROLE %I NOLOGIN; COMMENT ON ROLE %1$I IS %L', :'role', :'mark') END,
    CASE WHEN may_grant AND NOT has_old THEN format('GRANT %I TO %I%s', rolname, current_user, options) END,
    CASE WHEN (has_old OR may_grant) AND NOT has_new THEN format('GRANT %I TO %I%s', :'role', current_user, options) END,
    CASE WHEN owns_nothing_else THEN format('REASSIGN OWNED BY %I TO %I', rolname, :'role')
      ELSE format('the %s statement(s) ALTER … OWNER TO in the log of this pod', number) END,
    CASE WHEN may_grant AND NOT has_old THEN format('REVOKE %I FROM %I', rolname, current_user) END))
FROM rights
UNION ALL
SELECT 2, format('%s OWNER TO %I;', change, :'role') FROM others JOIN rights USING (owner) WHERE NOT owns_nothing_else
ORDER BY 1
SQL
  ) || { unreadable "$1"; return; }
  printf '%s\n' "$found" | sed -n 's/^2|//p' >&2
  printf '%s\n' "$found" | sed -n 's/^1|//p'
}

# Prints why Coder's login would not find Coder's tables, or nothing.
schema_problem() {
  psql -XAtq -v ON_ERROR_STOP=1 -v chosen="${SEARCH_PATH:-}" 2>/dev/null <<'SQL' || unreadable "$PGDATABASE"
SELECT CASE
  WHEN current_schema() IS NULL THEN format('search_path is %s, and no such schema exists: create it '
    'and grant USAGE and CREATE on it to "%s", or set existing.searchPath to the schema of Coder''s tables',
    current_setting('search_path'), current_user)
  ELSE format('Coder would use schema "%s", and schema_migrations, by which Coder knows its tables, is in %s: '
    'to use the tables that are there type `pulumi config set --path existing.searchPath %s`',
    current_schema(), string_agg(format('"%s"', nspname), ' and ' ORDER BY nspname),
    CASE count(*) WHEN 1 THEN min(nspname) ELSE '…' END)
END FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relname = 'schema_migrations' AND relkind IN ('r', 'p')
HAVING current_schema() IS NULL OR NOT coalesce(bool_and(nspname = current_schema()), true)
  AND NOT (:'chosen' <> '' AND bool_or(nspname = current_schema()))
SQL
}
