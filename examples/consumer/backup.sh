# Dumps the database, restores the dump into a server of its own, and keeps it only if nothing is missing.
# Reads libpq's environment, KEEP, and HOURS, which no run outlives; writes into /backups, and into
# /scratch, which is empty.

umask 077
export LC_ALL=C PGCONNECT_TIMEOUT=10
scratch=/scratch
backups=/backups
database=$PGDATABASE
what="backup of $database on $PGHOST"
name=$database-$(date -u +%Y%m%dT%H%M%SZ).dump
export PARTIAL="$backups/.$name.partial"

exec 3>&1
fail() {
  said=yes
  echo "$what FAILED: $1" >&3
  exit 1
}
# The last line that a program wrote to its log, which says why it failed.
reason() { grep -v '^ *$' "$scratch/$1" | tail -n 1; }
# Runs a program that may take long. A trap runs during `wait`, but not while a program is in the foreground.
run() {
  "$@" 3>&- &
  task=$!
  wait "$task" && task=
}
end() {
  [ "$1" = 0 ] || [ -n "${said:-}" ] || echo "$what FAILED: a command failed, the line before says why" >&3
  [ -z "${task:-}" ] || { kill "$task" && wait "$task"; } 2>/dev/null || true
  [ -z "${server:-}" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true
  rm -f "$PARTIAL" "$PARTIAL.sha256"
  [ -e "$backups/$name.sha256" ] || rm -f "$backups/$name"
}
trap 'end "$?"' EXIT
trap 'fail "it was stopped"' INT TERM

for program in initdb pg_dump pg_isready pg_restore postgres psql \
  cmp find grep id ls mv rm sed sha256sum sleep sort sync tail touch uniq wc; do
  command -v "$program" >/dev/null || fail "the image has no $program; set coder-backup:image to one that has it"
done
# initdb needs its name.
id -un >/dev/null 2>&1 || fail "the image has no user $(id -u); set coder-backup:imageUser to the number of its\
 user postgres, which is 999 in images of Debian"
[ -w "$backups" ] || fail "the volume of the backups can't be written by user $(id -u)"
# What killed runs left would fill the volume. A younger file may be of a Job that was started by hand.
find "$backups" -maxdepth 1 -name ".$database-*.partial*" -mmin "+$((HOURS * 60 + 10))" -exec rm -f {} + \
  2> "$scratch/error" || fail "what a killed run left can't be deleted: $(reason error)"
case "$PGSSLMODE" in
  verify-*)
    if [ -s /ca/ca.crt ]; then PGSSLROOTCERT=/ca/ca.crt; else PGSSLROOTCERT=system; fi
    export PGSSLROOTCERT ;;
esac

version=$(psql -XAtqc "SELECT current_setting('server_version_num')::int / 10000" 2> "$scratch/error") \
  || fail "$(reason error)"
own=$(pg_dump --version | sed 's/^[^0-9]*//; s/[^0-9].*//')
[ "$own" -ge "$version" ] \
  || fail "pg_dump is of PostgreSQL $own and the server of $version; set coder-backup:image to one of $version or later"

# Two servers print the same rows with the same words. GMT needs no files of time zones.
cat > "$scratch/settings.sql" <<'SQL'
SET search_path = ''; SET TimeZone = 'GMT'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres';
SET extra_float_digits = 3; SET bytea_output = 'hex'; SET xmloption = 'content';
SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
SQL
tables="FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE t.relkind = 'r' AND t.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY pg_catalog.format('%I.%I', n.nspname, t.relname) COLLATE \"C\""
# For each table its name, the number of its rows, and a sum of their hashes. (t.*) is the row even where a column is named t.
cat > "$scratch/count.sql" <<SQL
SELECT pg_catalog.format('SELECT %L, count(*), sum(hashtextextended((t.*)::text, 0)) FROM ONLY %I.%I t',
  pg_catalog.format('%I.%I', n.nspname, t.relname), n.nspname, t.relname)
$tables \\gexec
SQL
# The snapshot is the one of the dump; the locks keep it from being emptied by a rewrite of a table.
cat > "$scratch/dump.sql" <<SQL
\\i $scratch/settings.sql
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_catalog.pg_export_snapshot() AS snapshot \\gset
\\setenv SNAPSHOT :snapshot
SELECT pg_catalog.format('LOCK TABLE ONLY %I.%I IN ACCESS SHARE MODE', n.nspname, t.relname)
$tables \\gexec
\\! pg_dump --format=custom --snapshot="\$SNAPSHOT" --file="\$PARTIAL" 2> $scratch/error || touch $scratch/dump-failed
\\i $scratch/count.sql
COMMIT;
SQL
run psql -XAtq -v ON_ERROR_STOP=1 -f "$scratch/dump.sql" > "$scratch/source" 2> "$scratch/log" \
  || fail "$(reason log)"
[ ! -e "$scratch/dump-failed" ] || fail "$(reason error)"
[ -s "$scratch/source" ] || fail "the database has no table"

pg_restore --list "$PARTIAL" > "$scratch/list" 2> "$scratch/error" || fail "the dump can't be read: $(reason error)"
initdb --pgdata="$scratch/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
  > "$scratch/log" 2>&1 || fail "the server for the verification can't be made: $(reason log)"
postgres -D "$scratch/data" -p 5432 -c listen_addresses= -c unix_socket_directories="$scratch" -c fsync=off \
  -c full_page_writes=off -c shared_buffers=32MB -c max_connections=10 > "$scratch/log" 2>&1 3>&- &
server=$!
# From here on, libpq's environment is that of the copy.
unset PGPASSWORD PGSSLROOTCERT
export PGHOST="$scratch" PGPORT=5432 PGDATABASE=postgres PGUSER=postgres PGSSLMODE=disable
waits=0
until pg_isready -q; do
  kill -0 "$server" 2>/dev/null && [ "$waits" -lt 60 ] \
    || fail "the server for the verification does not start: $(reason log)"
  waits=$((waits + 1))
  sleep 0.5
done
run pg_restore --exit-on-error --no-owner --no-privileges --dbname=postgres "$PARTIAL" 2> "$scratch/error" \
  || fail "the dump can't be restored: $(reason error)"
printf '%s\n' "\\i $scratch/settings.sql" "\\i $scratch/count.sql" > "$scratch/copy.sql"
run psql -XAtq -v ON_ERROR_STOP=1 -f "$scratch/copy.sql" > "$scratch/copy" 2> "$scratch/error" \
  || fail "the restored copy can't be read: $(reason error)"
cmp -s "$scratch/source" "$scratch/copy" || {
  different=$(sort "$scratch/source" "$scratch/copy" | uniq -u | sed -n 1p)
  fail "the restored copy is not the same${different:+, for example in ${different%|*|*}}"
}

run sha256sum "$PARTIAL" > "$scratch/sum" 2> "$scratch/error" || fail "the dump can't be read: $(reason error)"
read -r sum rest < "$scratch/sum"
{ echo "$sum  $name" > "$PARTIAL.sha256"; } 2> "$scratch/error" || fail "its checksum can't be written: $(reason error)"
sync
{ mv "$PARTIAL" "$backups/$name" && mv "$PARTIAL.sha256" "$backups/$name.sha256"; } 2> "$scratch/error" \
  || fail "the dump can't get its name: $(reason error)"

# Only now that there is a new one, older ones are deleted; a file without a checksum was not verified.
kept=0
for checksum in $(cd "$backups" && ls -r | grep "^$database-[0-9]\{8\}T[0-9]\{6\}Z\.dump\.sha256\$"); do
  kept=$((kept + 1))
  [ "$kept" -le "$KEEP" ] || rm -f "$backups/${checksum%.sha256}" "$backups/$checksum" 2> "$scratch/error" \
    || fail "$name is verified, but an older backup can't be deleted: $(reason error)"
done
[ "$kept" -le "$KEEP" ] || kept=$KEEP
echo "$what: $name, $(wc -l < "$scratch/source") tables verified, $kept backups kept"
