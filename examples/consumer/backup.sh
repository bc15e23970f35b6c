# Dumps the database, restores the dump into a server of its own, and keeps it only if nothing is missing.
# Reads libpq's environment and KEEP; writes into /backups, and into /scratch, which is empty.

umask 077
export LC_ALL=C PGCONNECT_TIMEOUT=10
scratch=/scratch
backups=/backups
name=$PGDATABASE-$(date -u +%Y%m%dT%H%M%SZ).dump
partial=$backups/.$name.partial

fail() {
  echo "backup of $PGDATABASE on $PGHOST FAILED: $1"
  exit 1
}
# The last line that a program wrote to its log, which says why it failed.
reason() { grep -v '^ *$' "$scratch/$1" | tail -n 1; }
end() {
  rm -f "$partial" "$partial.sha256"
  [ -z "${server:-}" ] || { kill -QUIT "$server" && wait "$server"; } 2>/dev/null || true
}
trap end EXIT
trap 'fail "it was stopped"' INT TERM

for program in initdb pg_dump pg_isready pg_restore postgres psql sha256sum; do
  command -v "$program" >/dev/null || fail "the image has no $program; set coder-backup:image to one that has it"
done
[ -w "$backups" ] || fail "the volume of the backups can't be written by user $(id -u)"
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
# For each table its name, the number of its rows, and a sum of their hashes.
cat > "$scratch/count.sql" <<SQL
SELECT pg_catalog.format('SELECT %L, count(*), sum(hashtextextended(t::text, 0)) FROM ONLY %I.%I t',
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
PARTIAL=$partial psql -XAtq -v ON_ERROR_STOP=1 -f "$scratch/dump.sql" > "$scratch/source" 2> "$scratch/log" \
  || fail "$(reason log)"
[ ! -e "$scratch/dump-failed" ] || fail "$(reason error)"
[ -s "$scratch/source" ] || fail "the database has no table"

pg_restore --list "$partial" > "$scratch/list" 2> "$scratch/error" || fail "the dump can't be read: $(reason error)"
initdb --pgdata="$scratch/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
  > "$scratch/log" 2>&1 || fail "the server for the verification can't be made: $(reason log)"
postgres -D "$scratch/data" -p 5432 -c listen_addresses= -c unix_socket_directories="$scratch" -c fsync=off \
  -c full_page_writes=off -c shared_buffers=32MB -c max_connections=10 > "$scratch/log" 2>&1 &
server=$!
restored() {
  env -u PGPASSWORD -u PGSSLROOTCERT PGHOST="$scratch" PGPORT=5432 PGDATABASE=postgres PGUSER=postgres \
    PGSSLMODE=disable "$@"
}
waits=0
until restored pg_isready -q; do
  kill -0 "$server" 2>/dev/null && [ "$waits" -lt 60 ] \
    || fail "the server for the verification does not start: $(reason log)"
  waits=$((waits + 1))
  sleep 0.5
done
restored pg_restore --exit-on-error --no-owner --no-privileges --dbname=postgres "$partial" 2> "$scratch/error" \
  || fail "the dump can't be restored: $(reason error)"
printf '%s\n' "\\i $scratch/settings.sql" "\\i $scratch/count.sql" \
  | restored psql -XAtq -v ON_ERROR_STOP=1 > "$scratch/copy" 2> "$scratch/error" || fail "$(reason error)"
different=$(diff "$scratch/source" "$scratch/copy" | sed -n '2s/^[<>] //p')
[ -z "$different" ] || fail "the restored copy is not the same, for example in ${different%%|*}"

sum=$(sha256sum < "$partial")
echo "${sum%% *}  $name" > "$partial.sha256"
sync
mv "$partial" "$backups/$name"
mv "$partial.sha256" "$backups/$name.sha256"

# Only now that there is a new one, older ones are deleted; a file without a checksum was not verified.
kept=0
for checksum in $(cd "$backups" && ls -r | grep "^$PGDATABASE-[0-9]\{8\}T[0-9]\{6\}Z\.dump\.sha256\$"); do
  kept=$((kept + 1))
  [ "$kept" -le "$KEEP" ] || rm -f "$backups/${checksum%.sha256}" "$backups/$checksum"
done
find "$backups" -name ".$PGDATABASE-*.partial*" -mmin +1440 -exec rm -f {} +
[ "$kept" -le "$KEEP" ] || kept=$KEEP
echo "backup of $PGDATABASE on $PGHOST: $name, $(wc -l < "$scratch/source") tables verified, $kept backups kept"
