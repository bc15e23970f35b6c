# Which stack a database belongs to. The mark `coder stack=STACK flavour=FLAVOUR` is a part of the database's
# comment. A login that doesn't own the database can't write that one, nor a comment on its role or a setting
# of its own; it has the comment of an empty table instead, `coder_pulumi_stack`, which Coder doesn't touch.
# The environment has OWNER_STACK, OWNER_FLAVOUR, OWNER_ADOPTED_FLAVOUR and OWNER_ANY_STACK. The last one is
# `yes` on a server that this stack created: another stack's database in it came from a snapshot and
# is taken over.

owner_mark() { printf 'coder stack=%s flavour=%s' "$OWNER_STACK" "$OWNER_FLAVOUR"; }

# The error of a query about database $1. What psql prints besides, such as warnings, decides nothing.
unreadable() { echo "database \"$1\" can't be read: $(explain "$(cat /tmp/error)")"; }

# Prints the marks of database $1, one a line: stack|flavour|statement that makes the mark this stack's.
database_marks() {
  psql -XAtq -v ON_ERROR_STOP=1 -d "$1" -v mark="$(owner_mark)" 2>/dev/null <<'SQL'
WITH found AS (
  SELECT text, format('COMMENT ON DATABASE %I IS %L', datname, regexp_replace(translate(text, E'\n', ' '),
    'coder stack=[^ ]+ flavour=[a-z0-9]+', :'mark')) AS cure
  FROM pg_database d, shobj_description(d.oid, 'pg_database') AS text WHERE datname = current_database()
  UNION ALL
  SELECT obj_description(oid, 'pg_class'), format('DROP TABLE %s', oid::regclass)
  FROM pg_class WHERE relname = 'coder_pulumi_stack'
)
SELECT mark[1], mark[2], cure FROM found, regexp_matches(text, 'coder stack=([^ ]+) flavour=([a-z0-9]+)') AS mark
SQL
}

# Prints the flavour whose tables database $1 has, or nothing where they don't tell.
flavour_of_tables() {
  psql -XAtq -v ON_ERROR_STOP=1 -d "$1" 2>/dev/null <<'SQL'
SELECT min(flavour) FROM (
  SELECT CASE relname WHEN 'provisioner_jobs' THEN 'v2' ELSE 'classic' END AS flavour FROM pg_class
  WHERE relkind IN ('r', 'p') AND relname IN ('provisioner_jobs', 'environments', 'environment_stats')
) AS known HAVING min(flavour) = max(flavour)
SQL
}

# Prints why this stack must not use database $1, or nothing.
ownership_problem() {
  marks=$(database_marks "$1") || { unreadable "$1"; return; }
  flavours=$(flavour_of_tables "$1") || { unreadable "$1"; return; }
  while IFS='|' read -r stack flavour cure; do
    if [ "${stack:-$OWNER_STACK}" != "$OWNER_STACK" ] && [ "${OWNER_ANY_STACK:-}" != yes ]; then
      echo "database \"$1\" belongs to stack $stack, and this stack is $OWNER_STACK: set existing.database" \
        "to another name, or to take the database over run $cure"
      return
    fi
    flavours="$flavours $flavour"
  done <<MARKS
$marks
MARKS
  for flavour in $flavours; do
    [ "$flavour" != "$OWNER_FLAVOUR" ] || continue
    echo "database \"$1\" contains the data of Coder $flavour, and chartVersion is $OWNER_FLAVOUR:" \
      "they can't share a database; set chartVersion to a $flavour version, or use another database" \
      "(existing.database)"
    return
  done
  [ -z "$marks" ] || return 0
  tables=$(psql -XAtq -v ON_ERROR_STOP=1 -d "$1" -c "SELECT count(*) FROM pg_class c \
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') \
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS ( \
    SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')" 2>/dev/null) \
    || { unreadable "$1"; return; }
  if [ "$tables" != 0 ] && [ "$OWNER_ADOPTED_FLAVOUR" != "$OWNER_FLAVOUR" ]; then
    echo "database \"$1\" has $tables table(s) and no comment that names its owner: if they are Coder's," \
      "type \`pulumi config set --path existing.flavour $OWNER_FLAVOUR\`; if not, set existing.database" \
      "to another name"
  fi
}

# Records that database $1 belongs to this stack, in a comment whose other text is kept.
record_owner() {
  psql -Xq -v ON_ERROR_STOP=1 -v database="$1" -v mark="$(owner_mark)" 2>&1 >/dev/null <<'SQL'
SELECT CASE
  WHEN NOT pg_has_role(datdba, 'USAGE')
    THEN format('CREATE TABLE coder_pulumi_stack (); COMMENT ON TABLE coder_pulumi_stack IS %L', :'mark')
  ELSE format('COMMENT ON DATABASE %I IS %L', datname, CASE
    WHEN text = '' THEN :'mark'
    WHEN text ~ 'coder stack=[^ ]+ flavour=[a-z0-9]+'
      THEN regexp_replace(text, 'coder stack=[^ ]+ flavour=[a-z0-9]+', :'mark')
    ELSE text || ' [' || :'mark' || ']' END)
END FROM pg_database d, coalesce(shobj_description(d.oid, 'pg_database'), '') AS text
WHERE datname = :'database' AND position(:'mark' IN text) = 0
  AND (pg_has_role(datdba, 'USAGE') OR to_regclass('coder_pulumi_stack') IS NULL) \gexec
SQL
}
