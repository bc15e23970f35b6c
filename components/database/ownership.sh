# The database's comment says whose it is. `mark_problem DATABASE` prints why the database is
# not ours to use, or nothing; MARK_STACK, MARK_FLAVOUR and MARK_ADOPTED come from the environment.
# MARK_ANY_STACK=yes on a server that this stack has made: another stack's mark came with a snapshot.

mark_text() { printf 'coder stack=%s flavour=%s' "$MARK_STACK" "$MARK_FLAVOUR"; }

mark_problem() {
  mark=$(psql -XAtq -v ON_ERROR_STOP=1 -v database="$1" <<'SQL'
SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = :'database'
SQL
  ) || { echo "the comment of database \"$1\" can't be read"; return; }
  case "$mark" in
    "coder stack="*" flavour="*)
      stack=${mark#coder stack=}
      stack=${stack%% flavour=*}
      flavour=${mark##* flavour=}
      if [ "$stack" != "$MARK_STACK" ] && [ "${MARK_ANY_STACK:-}" != yes ]; then
        echo "database \"$1\" belongs to stack $stack, this is $MARK_STACK: set another existing.database," \
          "or, if this stack is to take its place, run COMMENT ON DATABASE \"$1\" IS NULL"
      elif [ "$flavour" != "$MARK_FLAVOUR" ]; then
        echo "database \"$1\" holds the data of Coder $flavour, chartVersion is $MARK_FLAVOUR:" \
          "the two must never share a database; set another existing.database or a $flavour chartVersion"
      fi
      return ;;
  esac
  tables=$(psql -XAtq -v ON_ERROR_STOP=1 -d "$1" -c "SELECT count(*) FROM pg_class c \
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') \
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'") \
    || { echo "database \"$1\" can't be looked into"; return; }
  if [ "$tables" != 0 ] && [ "$MARK_ADOPTED" != "$MARK_FLAVOUR" ]; then
    echo "database \"$1\" has $tables tables and no mark of this stack: if they are Coder's," \
      "type \`pulumi config set --path existing.flavour $MARK_FLAVOUR\`; if not, set another existing.database"
  fi
}
