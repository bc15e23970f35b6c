# Whether the roles that exist already are this stack's. The mark `coder stack=STACK database=DATABASE` is
# a part of a role's comment, which only an administrator can change.

role_mark() { printf 'coder stack=%s database=%s' "$OWNER_STACK" "$DATABASE"; }

# Prints one line for each reason not to use the owner role or one of the logins. With `yes` as $1 the
# database bears this stack's mark, and its roles are this stack's also without one: earlier versions
# marked no roles, and a snapshot's roles name the stack that it is of.
role_problems() {
  psql -XAtq -v ON_ERROR_STOP=1 -v owner="$DATABASE" -v mark="$(role_mark)" -v trusted="$1" 2>/dev/null <<'SQL' || unreadable "$PGDATABASE"
WITH existing AS (
  SELECT r.*, substring(comment FROM 'coder stack=[^ ]+ database=[a-z0-9_]+') AS found,
    substring(comment FROM 'coder stack=[^ ]+ database=([a-z0-9_]+)') AS of_database,
    concat_ws(' ', CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END, CASE WHEN rolsuper THEN 'SUPERUSER' END,
      CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
      CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END) AS attributes,
    ARRAY(SELECT DISTINCT pg_get_userbyid(roleid)::text FROM pg_auth_members WHERE member = r.oid ORDER BY 1) AS groups
  FROM pg_roles r, shobj_description(r.oid, 'pg_authid') AS comment
  WHERE rolname IN (:'owner', :'owner' || '_blue', :'owner' || '_green')
),
roles AS (
  SELECT *, coalesce(found = :'mark', false) OR :'trusted' = 'yes' AND coalesce(of_database, :'owner') = :'owner' AS is_ours,
    CASE WHEN rolname = :'owner' THEN groups ELSE array_remove(groups, :'owner') END AS foreign_groups
  FROM existing ORDER BY rolname
)
SELECT format('role "%s" exists and is not this stack''s (%s%s%s): set existing.database to another name, because the roles '
    'are named after it; or, if nothing uses the role, run DROP ROLE %1$I; or, to let this stack change its attributes '
    'and password, run COMMENT ON ROLE %1$I IS %5$L', rolname, attributes,
    ', member of ' || nullif(array_to_string(groups, ', '), ''), '; its comment says ' || found, :'mark')
  FROM roles WHERE NOT is_ours
UNION ALL
SELECT format('role "%s" is a member of %s, whose rights Coder would have: run REVOKE %2$s FROM %1$I', rolname,
    (SELECT string_agg(quote_ident(name), ', ') FROM unnest(foreign_groups) AS name))
  FROM roles WHERE is_ours AND foreign_groups <> '{}'
UNION ALL
SELECT format('role "%s" has more rights than "%s" can take away (%s): run as a superuser ALTER ROLE %1$I '
    'NOSUPERUSER NOREPLICATION NOBYPASSRLS', rolname, current_user, attributes)
  FROM roles WHERE is_ours AND (rolsuper OR rolreplication OR rolbypassrls)
  AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
UNION ALL
SELECT format('the admin login "%s" may not change role "%s", which another administrator made: run GRANT %2$I TO %1$I '
    'WITH ADMIN OPTION as %3$sa superuser', current_user, rolname,
    coalesce((SELECT string_agg(DISTINCT quote_ident(pg_get_userbyid(member)), ', ') || ' or ' FROM pg_auth_members
      WHERE roleid = roles.oid AND admin_option), ''))
  FROM roles WHERE is_ours AND NOT (rolsuper OR rolreplication OR rolbypassrls)
  AND current_setting('server_version_num')::int >= 160000
  AND NOT pg_has_role(current_user, roles.oid, 'MEMBER WITH ADMIN OPTION')
SQL
}
