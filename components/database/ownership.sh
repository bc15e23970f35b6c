# The owner of a database, which its comment names. `ownership_problem DATABASE` prints why this
# stack must not use the database, or nothing. The environment has OWNER_STACK, OWNER_FLAVOUR,
# OWNER_ADOPTED_FLAVOUR and OWNER_ANY_STACK. The last one is `yes` on a server that this stack
# created: another stack's database in it came from a snapshot and is taken over.

owner_comment() { printf 'coder stack=%s flavour=%s' "$OWNER_STACK" "$OWNER_FLAVOUR"; }

ownership_problem() {
  comment=$(psql -XAtq -v ON_ERROR_STOP=1 -v database="$1" <<'SQL'
SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = :'database'
SQL
  ) || { echo "can't read the comment of database \"$1\""; return; }
  case "$comment" in
    "coder stack="*" flavour="*)
      stack=${comment#coder stack=}
      stack=${stack%% flavour=*}
      flavour=${comment##* flavour=}
      if [ "$stack" != "$OWNER_STACK" ] && [ "${OWNER_ANY_STACK:-}" != yes ]; then
        echo "database \"$1\" belongs to stack $stack, and this stack is $OWNER_STACK: set existing.database" \
          "to another name, or to take the database over run COMMENT ON DATABASE \"$1\" IS NULL"
      elif [ "$flavour" != "$OWNER_FLAVOUR" ]; then
        echo "database \"$1\" contains the data of Coder $flavour, and chartVersion is $OWNER_FLAVOUR:" \
          "they can't share a database; set chartVersion to a $flavour version, or use another database" \
          "(existing.database)"
      fi
      return ;;
  esac
  tables=$(psql -XAtq -v ON_ERROR_STOP=1 -d "$1" -c "SELECT count(*) FROM pg_class c \
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') \
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'") \
    || { echo "can't list the tables of database \"$1\""; return; }
  if [ "$tables" != 0 ] && [ "$OWNER_ADOPTED_FLAVOUR" != "$OWNER_FLAVOUR" ]; then
    echo "database \"$1\" has $tables table(s) and no comment that names its owner: if they are Coder's," \
      "type \`pulumi config set --path existing.flavour $OWNER_FLAVOUR\`; if not, set existing.database" \
      "to another name"
  fi
}
