"""What the Jobs find, wait for and say, with the words and the settings of a real server."""

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database.jobs import PASSWORDS, Jobs
from tests.database.server import ADMIN, RealServer

BLUE = "coder_blue"
GIVEN = ("bob", "b0b-canary")


@pytest.fixture
def jobs(server: RealServer, tmp_path: Path) -> Jobs:
    """A server on which the roles Job has run."""
    jobs = Jobs(server, tmp_path)
    done = jobs.roles()
    assert done.code == 0, done
    return jobs


@pytest.fixture
def given(server: RealServer, tmp_path: Path) -> Jobs:
    """A database with a login of its own, which nobody but a person has configured."""
    server.sql(f"CREATE ROLE {GIVEN[0]} LOGIN PASSWORD '{GIVEN[1]}'")
    server.sql(f"CREATE DATABASE coder OWNER {GIVEN[0]}")
    return Jobs(server, tmp_path)


def problems(jobs: Jobs, *login: str, **env: str) -> list[str]:
    """The lines of the preflight, without its title."""
    done = jobs.preflight(*login, **env)
    return [line.strip().removeprefix("- ") for line in done.said.splitlines()[1:]]


@contextlib.contextmanager
def access(server: RealServer, *rules: str) -> Iterator[None]:
    """Put rules before those of pg_hba.conf."""
    file = server.directory / "data" / "pg_hba.conf"
    before = file.read_text()
    file.write_text("\n".join([*rules, before]))
    server.sql("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        file.write_text(before)
        server.sql("SELECT pg_reload_conf()")


class Session:
    """One session that lasts until it is closed."""

    def __init__(
        self,
        server: RealServer,
        username: str,
        password: str,
        *statements: str,
        database: str = "postgres",
    ) -> None:
        self.process = subprocess.Popen(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", f"user={username} dbname={database}"],
            env={**server.environment, "PGPASSWORD": password},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.run(*statements)

    def run(self, *statements: str) -> None:
        assert self.process.stdin
        assert self.process.stdout
        for statement in (*statements, "SELECT 'ready'"):
            self.process.stdin.write(f"{statement};\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ready\n"

    def close(self) -> None:
        self.process.communicate()


@contextlib.contextmanager
def sessions(server: RealServer, count: int) -> Iterator[None]:
    """Sessions of another user."""
    server.sql("CREATE ROLE neighbour LOGIN PASSWORD 'n3ighbour'")
    opened = [Session(server, "neighbour", "n3ighbour") for _ in range(count)]
    try:
        yield
    finally:
        for session in opened:
            session.close()


@contextlib.contextmanager
def proxy(port: int) -> Iterator[int]:
    """A port that forwards every connection to another one, as a Service or a proxy does."""
    listener = socket.create_server(("127.0.0.1", 0))

    def forward(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=forward, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize("server", ["16"], indirect=True)  # the other builds have no ICU
def test_a_warning_at_connect_hides_no_unencrypted_connection(
    server: RealServer, tmp_path: Path
) -> None:
    options = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'"
    server.sql(f"CREATE DATABASE coder {options} OWNER {ADMIN}")
    server.sql("UPDATE pg_database SET datcollversion = '1' WHERE datname = 'coder'")
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    assert problems(jobs) == []
    with access(server, "hostnossl all all 127.0.0.1/32 scram-sha-256"):
        done = jobs.preflight()
    assert "collation version mismatch" in done.printed
    assert "TLS: the server also accepts unencrypted connections; require TLS" in done.said


def test_the_roles_job_is_repeated_when_the_server_ends_its_session(
    server: RealServer, tmp_path: Path
) -> None:
    with access(server, "host all postgres 127.0.0.1/32 trust"):
        holder = Session(server, "postgres", "", "BEGIN", "LOCK TABLE pg_authid IN SHARE MODE")
    blocked = (
        "FROM pg_stat_activity WHERE application_name = 'coder-database' "
        "AND wait_event_type = 'Lock'"
    )

    def interrupt() -> None:
        end = time.monotonic() + 30
        while server.sql(f"SELECT count(*) {blocked}") == "0" and time.monotonic() < end:
            time.sleep(0.05)
        server.sql(f"SELECT pg_terminate_backend(pid) {blocked}")
        holder.close()

    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    try:
        done = Jobs(server, tmp_path).roles()
    finally:
        thread.join()
    assert done.code == 0, done
    assert "Waiting for 127.0.0.1: FATAL:  terminating connection due to administrator" in (
        done.printed
    )
    assert server.login(BLUE, PASSWORDS["blue"], "coder") != ""


TIMEOUTS = {
    "statement_timeout": "ends migrations that take longer",
    "lock_timeout": "ends migrations that take longer",
    "idle_in_transaction_session_timeout": "ends migrations that take longer",
    "idle_session_timeout": "disconnects Coder's LISTEN, which is idle",
}
ORIGINS = {
    "ALTER ROLE bob": "ALTER ROLE",
    "ALTER DATABASE coder": "ALTER DATABASE",
    "ALTER ROLE bob IN DATABASE coder": "ALTER ROLE IN DATABASE",
    "ALTER SYSTEM": "the server's parameters",
}


@pytest.mark.parametrize(("name", "where"), [*zip(TIMEOUTS, ORIGINS, strict=True)])
def test_a_time_out_of_a_given_login_is_named_with_its_origin_and_cure(
    name: str, where: str, server: RealServer, given: Jobs
) -> None:
    server.sql(f"{where} SET {name} = '5s'")
    try:
        server.sql("SELECT pg_reload_conf()")
        assert problems(given, *GIVEN) == [
            f'time-out: {name} is 5s for "bob" by {ORIGINS[where]}, and {TIMEOUTS[name]}; run '
            f'ALTER ROLE "bob" IN DATABASE "coder" SET {name} = 0 as "bob" or an administrator'
        ]
        server.sql(f'ALTER ROLE "bob" IN DATABASE "coder" SET {name} = 0', "coder", user="bob")
        assert problems(given, *GIVEN) == []
    finally:
        server.sql("ALTER SYSTEM RESET ALL")
        server.sql("SELECT pg_reload_conf()")


def test_a_long_time_out_is_no_problem(server: RealServer, given: Jobs) -> None:
    server.sql("ALTER ROLE bob SET statement_timeout = '15min'")
    server.sql("ALTER ROLE bob SET idle_in_transaction_session_timeout = '1d'")
    assert problems(given, *GIVEN) == [], "RDS sets the latter"


@pytest.mark.parametrize("server", ["12", "17"], indirect=True)
def test_the_programs_own_logins_have_no_time_outs(server: RealServer, jobs: Jobs) -> None:
    server.sql("ALTER DATABASE coder SET statement_timeout = '5s'")
    server.sql("ALTER DATABASE coder SET idle_in_transaction_session_timeout = '5s'")
    assert problems(jobs) == []


def test_a_read_only_default_is_not_called_a_lack_of_rights(
    server: RealServer, given: Jobs
) -> None:
    server.sql("ALTER DATABASE coder SET default_transaction_read_only = on")
    [line] = problems(given, *GIVEN)
    assert line.startswith(
        'read-only: default_transaction_read_only is on for "bob" by ALTER DATABASE; run ALTER '
        'ROLE "bob" IN DATABASE "coder" SET default_transaction_read_only = off'
    )


def test_a_read_only_default_of_the_admin_is_named(server: RealServer, tmp_path: Path) -> None:
    server.sql(f"ALTER ROLE {ADMIN} SET default_transaction_read_only = on")
    said = Jobs(server, tmp_path).roles().said
    assert said.startswith(f'read-only: default_transaction_read_only is on for "{ADMIN}" by ALTER')


def test_the_connections_of_others_are_subtracted(server: RealServer, jobs: Jobs) -> None:
    with sessions(server, 8):
        [line] = problems(jobs, CONNECTIONS="80")
        assert line == (
            "connections: 1 replica(s) need up to 80, 10 more are reserved for administrators, the "
            "server allows 97, and other users hold 8 now; increase max_connections, decrease "
            "replicas, or end other sessions"
        )
        said = jobs.preflight(CONNECTIONS="79").said
        assert "89 of 97 connections (8 held by other users)" in said


def test_the_connections_of_coders_other_login_are_its_own(server: RealServer, jobs: Jobs) -> None:
    green = Session(server, "coder_green", PASSWORDS["green"])
    try:
        assert "(0 held by other users)" in jobs.preflight().said
    finally:
        green.close()


def test_rds_keeps_some_connections_for_itself(server: RealServer, jobs: Jobs) -> None:
    server.sql("ALTER SYSTEM SET rds.rds_superuser_reserved_connections = 2")
    server.sql("SELECT pg_reload_conf()")
    try:
        assert "70 of 95 connections" in jobs.preflight().said
    finally:
        server.sql("ALTER SYSTEM RESET ALL")
        server.sql("SELECT pg_reload_conf()")


def test_a_proxy_with_another_port_is_a_note(server: RealServer, jobs: Jobs) -> None:
    with proxy(server.port) as port:
        done = jobs.preflight(PGPORT=str(port))
    assert done.code == 0, done
    assert f'port is "{server.port}" on the server and "{port}" in the settings' in done.said


def test_the_aftercheck_behind_a_pooler_accepts_a_session_that_it_kept(
    server: RealServer, jobs: Jobs
) -> None:
    kept = Session(server, BLUE, PASSWORDS["blue"], database="coder")
    time.sleep(1.1)
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    try:
        with proxy(server.port) as port:
            assert jobs.aftercheck(since, PGPORT=str(port)).code == 1, "no query since then"
            time.sleep(1.1)
            kept.run()
            assert jobs.aftercheck(since, PGPORT=str(port)).code == 0
        assert jobs.aftercheck(since).code == 1, "an old pod's session, without a pooler"
    finally:
        kept.close()


@pytest.mark.parametrize("name", ["defaultdb", "other"])
def test_the_admin_finds_another_database_than_postgres(
    name: str, server: RealServer, tmp_path: Path
) -> None:
    server.sql(f"ALTER DATABASE postgres RENAME TO {name}", "template1")
    try:
        done = Jobs(server, tmp_path).roles()
        assert done.code == 0, done
        assert Jobs(server, tmp_path).roles().code == 0, "the second time"
    finally:
        server.sql(f"ALTER DATABASE {name} RENAME TO postgres", "template1")


WORDS = {
    "expired": ("ALTER ROLE bob VALID UNTIL '2020-01-01'",
                'login: the server rejected the password of "bob"; it is wrong, or the login has '
                "expired (VALID UNTIL)"),
    "NOLOGIN": ("ALTER ROLE bob NOLOGIN",
                'login: "bob" may not log in; run ALTER ROLE "bob" LOGIN on the server'),
    "no role": ("ALTER ROLE bob RENAME TO bobby",
                'login: the server rejected the password of "bob"; it is wrong, or the login has '
                "expired (VALID UNTIL)"),
    "no database": ("ALTER DATABASE coder RENAME TO coder2",
                    'database: the server has no database "coder"; create it, or set '
                    "existing.database to another name"),
    "no CONNECT": ("ALTER DATABASE coder OWNER TO postgres; REVOKE CONNECT ON DATABASE coder FROM "
                   "PUBLIC, bob",
                   'login: "bob" may not connect; run GRANT CONNECT ON DATABASE "coder" TO "bob"'),
}  # fmt: skip


@pytest.mark.parametrize("what", WORDS)
def test_a_failed_connection_names_what_is_at_fault(
    what: str, server: RealServer, given: Jobs
) -> None:
    statement, line = WORDS[what]
    server.sql(statement)
    assert problems(given, *GIVEN) == [line]
    assert "Waiting" not in given.preflight(*GIVEN).printed


def test_an_address_that_is_not_admitted_is_named(server: RealServer, given: Jobs) -> None:
    with access(server, "host all bob 127.0.0.1/32 reject"):
        [line] = problems(given, *GIVEN)
    assert line.startswith("access: the server does not admit the login from this pod: FATAL:  ")
    assert line.endswith("change pg_hba.conf or the server's firewall")


def test_a_server_without_a_free_connection_is_named(server: RealServer, given: Jobs) -> None:
    server.sql("ALTER ROLE bob CONNECTION LIMIT 0")
    [line] = problems(given, *GIVEN)
    assert line.startswith('connections: the server has no free connection for "bob": FATAL:  too')


@pytest.mark.parametrize("server", ["16", "17"], indirect=True)
def test_an_admin_who_did_not_make_the_roles_is_told_what_to_run(
    server: RealServer, jobs: Jobs, tmp_path: Path
) -> None:
    server.sql("CREATE ROLE second LOGIN CREATEROLE CREATEDB PASSWORD 's3cond'")
    server.sql("GRANT CONNECT ON DATABASE coder TO second")
    second = Jobs(server, tmp_path, admin=("second", "s3cond"))
    said = second.roles().said
    roles = ("coder", "coder_blue", "coder_green")
    assert [line.strip() for line in said.splitlines()] == [
        f'the admin login "second" may not change role "{role}", which another administrator made: '
        f"run GRANT {role} TO second WITH ADMIN OPTION as {ADMIN} or a superuser"
        for role in roles
    ]
    for role in roles:
        server.sql(f"GRANT {role} TO second WITH ADMIN OPTION", user=ADMIN)
    done = second.roles()
    assert done.code == 0, done
