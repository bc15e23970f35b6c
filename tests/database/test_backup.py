"""The backup of examples/consumer on real servers: what it keeps, verifies, refuses and deletes."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.database.jobs import PASSWORDS, Jobs
from tests.database.server import AS_USER, RealServer

BUSYBOX = shutil.which("busybox") or "busybox"
SCRIPT = (ROOT / "examples" / "consumer" / "backup.sh").read_text()
TABLES = """
CREATE TABLE users (id int PRIMARY KEY, name citext, born timestamptz, score float8, photo bytea);
INSERT INTO users SELECT n, 'user ' || n, now(), random(), decode(md5(n::text), 'hex')
FROM generate_series(1, 500) n;
CREATE SCHEMA "Odd one"; CREATE TABLE "Odd one"."a""b|c" (j jsonb);
INSERT INTO "Odd one"."a""b|c" VALUES ('{"a": 1}'), (NULL);
CREATE TABLE empty (id int);
CREATE TABLE t (t int, other int); INSERT INTO t VALUES (1, 1);
"""


@dataclass
class Backups:
    """A volume, and the Job that fills it."""

    server: RealServer
    folder: Path
    programs: str = "BusyBox"
    """Those of the default image; GNU are those of images of Debian."""
    user: tuple[str, ...] = AS_USER

    @property
    def volume(self) -> Path:
        return self.folder / "backups"

    def start(self, colour: str = "blue", **env: str) -> subprocess.Popen[str]:
        scratch = self.folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        for each in (scratch, self.volume):
            each.mkdir(exist_ok=True)
        text = re.sub(r"(?<=[ =])/(?=(scratch|backups)\b)", f"{self.folder}/", SCRIPT)
        environment = {
            **self.server.environment,
            "PATH": f"{self.folder}:{self._common}{self.server.environment['PATH']}",
            "PGDATABASE": "coder",
            "PGUSER": f"coder_{colour}",
            "PGPASSWORD": PASSWORDS[colour],
            "KEEP": "2",
            "HOURS": "6",
            **env,
        }
        shell = (BUSYBOX, "sh") if self.programs == "BusyBox" else ("/bin/sh",)
        return subprocess.Popen(
            [*self.user, *shell, "-eu", "-c", text],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, colour: str = "blue", **env: str) -> subprocess.CompletedProcess[str]:
        process = self.start(colour, **env)
        printed, _ = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, printed)

    @property
    def _common(self) -> str:
        """The folder of BusyBox's programs, as a part of PATH."""
        if self.programs == "GNU":
            return ""
        folder = self.folder / "busybox"
        folder.mkdir(exist_ok=True)
        listed = subprocess.run([BUSYBOX, "--list"], check=True, capture_output=True, text=True)
        # It is the one that runs the script here, and has fewer options in BusyBox.
        for name in set(listed.stdout.split()) - {"unshare"}:
            if not (folder / name).is_symlink():
                (folder / name).symlink_to(BUSYBOX)
        return f"{folder}:"

    def files(self) -> list[str]:
        return sorted(path.name for path in self.volume.iterdir())

    def replace(self, program: str, script: str) -> None:
        """Put a program of the test's own before the image's."""
        (self.folder / program).write_text(f"#!/bin/sh\n{script}\n")
        (self.folder / program).chmod(0o755)

    def fails(self, colour: str = "blue", **env: str) -> str:
        """The last line of a backup that must fail, and leave the volume as it was."""
        before = self.files() if self.volume.exists() else []
        done = self.run(colour, **env)
        assert done.returncode == 1, done.stdout
        assert self.files() == before
        said = done.stdout.splitlines()[-1]
        prefix = "backup of coder on 127.0.0.1 FAILED: "
        assert said.startswith(prefix), done.stdout
        return said.removeprefix(prefix)


@pytest.fixture
def backups(server: RealServer, tmp_path: Path) -> Iterator[Backups]:
    assert Jobs(server, tmp_path).roles().code == 0
    server.sql("CREATE EXTENSION citext", "coder")
    server.sql(TABLES, "coder", "coder_blue")
    # Not pytest's own directory: a Unix socket's path has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="coder-backup-"))
    yield Backups(server, folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("server", "programs"), [("12", "BusyBox"), ("17", "GNU")], indirect=["server"]
)
def test_a_backup_is_verified_by_a_restored_copy(backups: Backups, programs: str) -> None:
    backups.programs = programs
    done = backups.run()
    assert done.returncode == 0, done.stdout
    dump, checksum = backups.files()
    assert re.fullmatch(r"coder-\d{8}T\d{6}Z\.dump", dump)
    said = f"backup of coder on 127.0.0.1: {dump}, 4 tables verified, 1 backups kept"
    assert done.stdout.splitlines()[-1] == said
    content = (backups.volume / dump).read_bytes()
    assert (backups.volume / checksum).read_text() == (
        f"{hashlib.sha256(content).hexdigest()}  {dump}\n"
    )


def test_either_login_makes_the_same_backup(backups: Backups) -> None:
    backups.server.sql("CREATE TABLE later (id int)", "coder", "coder_green")
    for colour in ("blue", "green"):
        done = backups.run(colour)
        assert done.returncode == 0, done.stdout
        assert "5 tables verified" in done.stdout


def test_only_the_newest_are_kept_and_nothing_else_is_deleted(backups: Backups) -> None:
    backups.volume.mkdir()
    another = "coder-eu-20200101T000000Z.dump"
    others = ["coder-20200101T000000Z.dump", another, f"{another}.sha256", "notes.txt"]
    old = [f"coder-2021010{day}T000000Z.dump{end}" for day in (1, 2) for end in ("", ".sha256")]
    for name in [*others, *old]:
        (backups.volume / name).touch()
    done = backups.run()
    assert done.returncode == 0, done.stdout
    kept = [name for name in backups.files() if name not in others]
    assert kept[:2] == ["coder-20210102T000000Z.dump", "coder-20210102T000000Z.dump.sha256"]
    assert len(kept) == 4
    assert set(others) <= set(backups.files()), "an unverified dump is nobody's to delete"


def test_old_backups_stay_while_no_new_one_is_verified(backups: Backups) -> None:
    backups.volume.mkdir()
    for day in range(1, 5):
        for end in ("", ".sha256"):
            (backups.volume / f"coder-2021010{day}T000000Z.dump{end}").touch()
    assert "password authentication failed" in backups.fails(PGPASSWORD="wrong")
    assert len(backups.files()) == 8


REAL = "$(PATH=${PATH#*:} command -v pg_dump)"
INSERT = "INSERT INTO public.users VALUES (1000)"
CHANGES = {
    "public.users": "UPDATE public.users SET score = 2 WHERE id = 7",
    # In such a table, `t` is the column and not the row.
    "public.t": "UPDATE public.t SET other = 2",
    '"Odd one"."a""b|c"': 'DELETE FROM "Odd one"."a""b|c" WHERE j IS NULL',
    "public.empty": "DROP TABLE public.empty",
}
NOT_THE_SAME = "the restored copy is not the same, for example in"


def test_a_truncated_dump_is_refused(backups: Backups) -> None:
    backups.programs = "GNU"
    backups.replace(
        "pg_dump",
        f'"{REAL}" "$@" && case "$*" in *--file*) truncate -s -3000 "$PARTIAL" ;; esac',
    )
    assert "the dump can't be restored: pg_restore: error:" in backups.fails()


@pytest.mark.parametrize("programs", ["BusyBox", "GNU"])
def test_a_dump_without_a_table_is_refused(backups: Backups, programs: str) -> None:
    backups.programs = programs
    backups.replace("pg_dump", f'exec "{REAL}" "$@" --exclude-table=users')
    assert backups.fails() == f"{NOT_THE_SAME} public.users"


@pytest.mark.parametrize("programs", ["BusyBox", "GNU"])
def test_a_copy_with_other_rows_is_refused(backups: Backups, programs: str) -> None:
    backups.programs = programs
    for table, change in CHANGES.items():
        backups.replace(
            "pg_restore",
            f'{REAL.replace("pg_dump", "pg_restore")} "$@" || exit\n'
            f"case \"$*\" in *--dbname*) psql -Xqc '{change}' ;; esac",
        )
        assert backups.fails() == f"{NOT_THE_SAME} {table}"


def test_a_comparison_that_crashes_is_a_failure(backups: Backups) -> None:
    backups.programs = "GNU"
    backups.replace("cmp", "exit 2")
    assert backups.fails() == "the restored copy is not the same"


def test_rows_that_come_during_the_dump_are_no_difference(backups: Backups) -> None:
    backups.replace(
        "pg_dump",
        f'case "$*" in *--snapshot*) psql -Xqc "{INSERT}" ;; esac\nexec "{REAL}" "$@"',
    )
    done = backups.run()
    assert done.returncode == 0, done.stdout
    assert backups.server.sql("SELECT count(*) FROM users", "coder") == "501"


def test_a_full_volume_is_reported(backups: Backups) -> None:
    full = "pg_dump: error: could not write to output file: No space left on device"
    backups.replace(
        "pg_dump",
        f'"{REAL}" "$@"; case "$*" in *--snapshot*) echo "{full}" >&2; exit 1 ;; esac',
    )
    assert backups.fails() == full


@pytest.mark.parametrize("programs", ["BusyBox", "GNU"])
def test_a_volume_that_is_full_at_the_checksum_is_reported(backups: Backups, programs: str) -> None:
    backups.programs = programs
    backups.replace(
        "pg_restore",
        f'ln -sf /dev/full "$PARTIAL.sha256"; exec {REAL.replace("pg_dump", "pg_restore")} "$@"',
    )
    assert backups.fails().startswith("its checksum can't be written: ")


def test_any_command_that_fails_ends_with_the_line(backups: Backups) -> None:
    backups.programs = "GNU"
    backups.replace("sync", "exit 1")
    assert backups.fails() == "a command failed, the line before says why"


def test_an_empty_database_is_no_backup(backups: Backups) -> None:
    backups.server.sql('DROP TABLE users, empty, t, "Odd one"."a""b|c"', "coder")
    assert backups.fails() == "the database has no table"


@pytest.mark.parametrize("server", ["18"], indirect=True)
def test_a_server_later_than_the_image_is_refused(backups: Backups) -> None:
    assert backups.fails() == (
        "pg_dump is of PostgreSQL 17 and the server of 18; set coder-backup:image to one of 18 or "
        "later"
    )


def test_a_missing_program_is_named(backups: Backups) -> None:
    for program in ("unshare", "date", "rm", "id"):
        found = shutil.which(program)
        assert found
        backups.replace(program, f'exec {found} "$@"')
    said = backups.fails(PATH=str(backups.folder))
    assert said == "the image has no initdb; set coder-backup:image to one that has it"


def test_a_user_that_the_image_does_not_know_is_refused(backups: Backups) -> None:
    backups.user = ("unshare", "--user", "--map-user=54321", "--map-group=54321")
    assert backups.fails() == (
        "the image has no user 54321; set coder-backup:imageUser to the number of its user "
        "postgres, which is 999 in images of Debian"
    )


def test_what_a_killed_backup_left_is_removed_before_the_next(backups: Backups) -> None:
    backups.volume.mkdir()
    old, new = (backups.volume / f".coder-2021010{day}T000000Z.dump.partial" for day in (1, 2))
    for path, minutes in ((old, 400), (new, 350)):
        path.touch()
        written = time.time() - minutes * 60
        os.utime(path, (written, written))
    # As in each new file system of ext4.
    unreadable = backups.volume / "lost+found"
    unreadable.mkdir(mode=0)
    backups.replace("pg_dump", f'[ ! -e {old} ] || exit 1; exec "{REAL}" "$@"')
    done = backups.run()
    unreadable.chmod(0o700)
    assert done.returncode == 0, done.stdout
    assert new.exists(), "it may be another Job's"


@pytest.mark.parametrize("programs", ["BusyBox", "GNU"])
@pytest.mark.parametrize("program", ["pg_dump", "pg_restore"])
def test_a_stop_is_obeyed_at_once(backups: Backups, program: str, programs: str) -> None:
    backups.programs = programs
    started, ended = backups.folder / "started", backups.folder / "ended"
    real = REAL.replace("pg_dump", program)
    backups.replace(
        program,
        f'case "$*" in *--snapshot* | *--dbname*) ;; *) exec "{real}" "$@" ;; esac\n'
        f'echo x > "$PARTIAL"; touch {started}; sleep 4; touch {ended}',
    )
    process = backups.start()
    while not started.exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=60)
    assert not ended.exists()
    assert process.returncode == 1
    last = printed.splitlines()[-1]
    assert last == "backup of coder on 127.0.0.1 FAILED: it was stopped"
    assert backups.files() == []


def test_the_password_is_in_no_argument_and_no_output(backups: Backups) -> None:
    seen = backups.folder / "seen"
    for program in ("psql", "pg_dump", "pg_restore", "initdb"):
        real = REAL.replace("pg_dump", program)
        backups.replace(program, f'echo "$@" >> {seen}\nexec "{real}" "$@"')
    done = backups.run()
    assert done.returncode == 0, done.stdout
    assert "--snapshot" in seen.read_text()
    assert PASSWORDS["blue"] not in seen.read_text() + done.stdout
