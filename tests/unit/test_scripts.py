"""What the Jobs' scripts report about a server; a fake psql gives prepared answers."""

import dataclasses
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

PASSWORD = "c4nary-word"
ENVIRONMENT = {
    "PGHOST": "db",
    "PGPORT": "5432",
    "PGDATABASE": "coder",
    "PGUSER": "coder_blue",
    "PGSSLMODE": "verify-full",
    "PGSSLROOTCERT": "/login/ca.crt",
    "OWNER_STACK": "coder/dev",
    "OWNER_FLAVOUR": "classic",
    "OWNER_ADOPTED_FLAVOUR": "",
    "CHART_VERSION": "1.44.3",
    "MINIMUM_VERSION": "11",
    "REPLICAS": "1",
    "CONNECTIONS": "60",
    "RESERVE": "10",
    "LATENCY_GATE": "enforce",
    "LATENCY_LIMIT_MS": "10",
    "SECONDS_OF_LOAD": "15",
    "TAIL_PERCENT": "20",
    "SINCE": "2026-01-02T03:04:05Z",
    "SECONDS_TO_WAIT": "0",
    "MIGRATION_SECONDS": "0",
    "OLD_TRANSACTION": "1 minute",
    "SHORT_TRANSACTION_SECONDS": "10",
    "DATABASE": "coder",
    "PSQL_VERSION": "17.6",
}
CLEAR = "sslmode=disable"
REFUSED = 'psql: error: connection to server at "db" (10.0.0.1), port 5432 failed: '


def loaded(average: str, slow: int) -> str:
    """The output of pgbench for 3,000 transactions."""
    return (
        f"latency average = {average} ms\n"
        "number of transactions above the 10.0 ms latency limit: "
        f"{slow}/3000 ({slow / 30:.3f}%)"
    )


@dataclasses.dataclass(frozen=True)
class Answer:
    """The output and exit code of psql when its arguments and input contain all of `words`."""

    words: tuple[str, ...]
    text: str = ""
    code: int = 0
    times: int = 0
    """How often it is given; 0 means always."""
    stream: int = 0
    """Where the text goes; 0 means to stderr if it is an error."""

    def script(self, number: int) -> str:
        pattern = "*" + "*".join(map(shlex.quote, self.words)) + "*"
        stream = self.stream or (2 if self.code else 1)
        end = f"printf '%s\\n' {shlex.quote(self.text)} >&{stream}; exit {self.code}"
        if self.times:
            count = f'"$FAKE/{number}"'
            end = f"echo >> {count}; [ $(wc -l < {count}) -gt {self.times} ] || {{ {end}; }}"
        return f'case "$words" in {pattern}) {end};; esac'


HEALTHY = [
    Answer(("count(*)", "backend_type"), "3"),
    Answer(("FROM fresh", "xact_start"), "2|0"),
    Answer((CLEAR, "SELECT 1"), REFUSED + "FATAL:  no pg_hba.conf entry, no encryption", 2),
    Answer(("SHOW server_version_num",), "170006"),
    Answer(("SHOW server_version",), "17.6"),
    Answer(("server_encoding",), "UTF8"),
    Answer(("inet_server_port",), "5432"),
    Answer(("SELECT session_user",), "coder_blue"),
    Answer(("SELECT current_database()",), "coder"),
    Answer(("pg_is_in_recovery",), "f"),
    Answer(("LISTEN",), 'Asynchronous notification "coder_preflight" received'),
    Answer(("max_connections",), "97"),
    Answer(("rolconnlimit",), "-1"),
    Answer(("datconnlimit",), "-1"),
    Answer(("pg_stat_ssl",), "TLSv1.3"),
    Answer(("DROP TABLE %s",), "coder/dev|classic|"),
]
LOAD = loaded("1.234", 3)


@dataclasses.dataclass(frozen=True)
class Run:
    code: int
    said: str
    """The termination message, which Pulumi shows."""
    asked: str
    """The arguments of each psql."""
    printed: str

    @property
    def problems(self) -> list[str]:
        return [line.removeprefix("      - ") for line in self.said.splitlines()[1:]]


@pytest.fixture
def run(tmp_path: Path) -> "Runner":
    return Runner(tmp_path)


class Runner:
    """Runs scripts as a Job does, with a directory in place of the pod's file system."""

    def __init__(self, path: Path) -> None:
        self.path = path
        login = path / "login"
        login.mkdir()
        for key in ("password", "blue", "green"):
            (login / key).write_text(PASSWORD)
        (login / "username").write_text("admin")

    def __call__(
        self, *names: str, answers: list[Answer] | None = None, load: str = LOAD, **env: str
    ) -> Run:
        known = [*(answers or []), *HEALTHY]
        lines = [answer.script(number) for number, answer in enumerate(known)]
        self.program("psql", f'''
            case "$*" in --version) echo "psql (PostgreSQL) $PSQL_VERSION"; exit;; esac
            input=; case "$*" in *" -c "*|*qc*) ;; *) input=$(cat) ;; esac
            printf '%s\\n' "$*" >> "$FAKE/asked"
            printf '%s\\n' "$input" >> "$FAKE/input"
            words="sslmode=$PGSSLMODE $* $input"
            {chr(10).join(lines)}
        ''')  # fmt: skip
        failed = ">&2; exit 1" if load.startswith("pgbench:") else ""
        self.program("pgbench", f"printf '%s\\n' {shlex.quote(load)} {failed}")
        self.program("sleep", 'echo "$1" >> "$FAKE/slept"')
        text = "\n".join((ROOT / "components" / f"{name}.sh").read_text() for name in names)
        text = re.sub(r"/dev(?=/termination-log)|(?=/(tmp|login|etc)/)", str(self.path), text)
        (self.path / "tmp").mkdir(exist_ok=True)
        environment = (
            ENVIRONMENT
            | env
            | {
                "PATH": f"{self.path}{os.pathsep}{os.environ['PATH']}",
                "FAKE": str(self.path),
            }
        )
        result = subprocess.run(
            ["/bin/sh", "-eu", "-c", text],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
        )
        log = self.path / "termination-log"
        said = log.read_text() if log.exists() else ""
        asked = (self.path / "asked").read_text()
        return Run(result.returncode, said, asked, result.stdout + result.stderr)

    def program(self, name: str, text: str) -> None:
        path = self.path / name
        path.write_text(f"#!/bin/sh\n{text}")
        path.chmod(0o755)

    def slept(self) -> int:
        path = self.path / "slept"
        return len(path.read_text().split()) if path.exists() else 0


def preflight(run: Runner, *answers: Answer, load: str = LOAD, **env: str) -> Run:
    return run(
        "kubernetes/connect",
        "database/session",
        "database/ownership",
        "database/objects",
        "coder/transactions",
        "coder/preflight",
        answers=list(answers),
        load=load,
        **env,
    )


def test_the_preflight_passes_and_prints_the_measured_values(run: Runner) -> None:
    result = preflight(run)
    assert result.code == 0, result.printed
    assert result.said == (
        "Preflight of db passed: PostgreSQL 17.6, TLSv1.3 (verify-full), 70 of 97 connections "
        "(3 held by other users), latency under load 1.234 ms on average (limit 10 ms), 0.100% "
        "above it"
    )


FAILED = {
    "old": (Answer(("server_version_num",), "100023"), "version: the server is PostgreSQL 17.6, "
            "chart 1.44.3 requires 11 or later"),
    "encoding": (Answer(("server_encoding",), "LATIN1"),
                 "encoding: is LATIN1, must be UTF8"),
    "standby": (Answer(("pg_is_in_recovery",), "t"),
                "standby: db is a read-only standby; use the host of the primary"),
    "privileges": (Answer(("CREATE TABLE",), "ERROR:  permission denied\nLINE 1: CREATE", 1),
               'privileges: "coder_blue" can\'t create and drop a table: ERROR:  permission denied '
               "LINE 1: CREATE"),
    "pooler": (Answer(("LISTEN",), "1"),
               "LISTEN/NOTIFY: no notification arrived; if host is a connection pooler in "
               "transaction mode, use the server's own host"),
    "a connection lost in LISTEN": (
        Answer(("LISTEN",), "server closed the connection unexpectedly\n\tThis probably means", 2),
        "LISTEN/NOTIFY: connection: db can't be reached: server closed the connection "
        "unexpectedly"),
    "unencrypted": (Answer((CLEAR, "SELECT 1"), "1"),
                     "TLS: the server also accepts unencrypted connections; require TLS "
                    "(hostssl in pg_hba.conf, rds.force_ssl, require_secure_transport, or the "
                    "equivalent)"),
    "unencrypted with a warning": (
        Answer((CLEAR, "SELECT 1"), 'WARNING:  database "coder" has a collation version mismatch',
               stream=2),
        "TLS: the server also accepts unencrypted connections; require TLS (hostssl in "
        "pg_hba.conf, rds.force_ssl, require_secure_transport, or the equivalent)"),
    "unencrypted with another method": (
        Answer((CLEAR, "SELECT 1"), REFUSED + "authentication method requirement not met", 2),
        "TLS: the server also accepts unencrypted connections; require TLS (hostssl in "
        "pg_hba.conf, rds.force_ssl, require_secure_transport, or the equivalent)"),
    "few connections": (Answer(("max_connections",), "69"),
                        "connections: 1 replica(s) need up to 60, 10 more are reserved for "
                        "administrators, the server allows 69, and other users hold 3 now; "
                        "increase max_connections, decrease replicas, or end other sessions"),
    "many neighbours": (Answer(("count(*)", "backend_type"), "28"),
                        "connections: 1 replica(s) need up to 60, 10 more are reserved for "
                        "administrators, the server allows 97, and other users hold 28 now; "
                        "increase max_connections, decrease replicas, or end other sessions"),
    "few for the login": (Answer(("rolconnlimit",), "59"),
                          "connections: 1 replica(s) need up to 60, and rolconnlimit is 59"),
    "few for the database": (Answer(("datconnlimit",), "59"),
                             "connections: 1 replica(s) need up to 60, and datconnlimit is 59"),
    "another stack": (
        Answer(("DROP TABLE %s",), "coder/prod|classic|COMMENT ON …"),
        'owner: database "coder" belongs to stack coder/prod, and this stack is coder/dev: set '
        "existing.database to another name, or to take the database over run COMMENT ON …"),
    "another flavour": (
        Answer(("DROP TABLE %s",), "coder/dev|v2|"),
        'owner: database "coder" contains the data of Coder v2, and chartVersion is classic: they '
        "can't share a database; set chartVersion to a v2 version, or use another database "
        "(existing.database)"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAILED)
def test_each_failed_check_prints_one_line(what: str, run: Runner) -> None:
    answer, line = FAILED[what]
    result = preflight(run, answer)
    assert result.code == 1
    assert result.said.startswith("Preflight of db: 1 check(s) failed\n")
    assert result.problems == [line]


def test_all_failed_checks_are_printed_at_once(run: Runner) -> None:
    names = ("old", "encoding", "unencrypted", "few connections", "another stack", "privileges")
    load = LOAD.replace("1.234", "15.678")
    result = preflight(run, *[FAILED[name][0] for name in names], load=load)
    assert result.said.startswith("Preflight of db: 7 check(s) failed\n")
    assert {line.split(":")[0] for line in result.problems} == {
        "version", "encoding", "TLS", "connections", "owner", "privileges", "latency",
    }  # fmt: skip


CONNECT = {
    "no TLS": ("server does not support SSL, but SSL was required",
               "TLS: the server does not support it, and sslMode is verify-full; enable it on "
               "the server (ssl = on)"),
    "another CA": ("SSL error: certificate verify failed",
                   "TLS: the server's certificate fails verify-full: SSL error: "
                   "certificate verify failed"),
    "another name": ('server certificate for "a" does not match host name "db"',
                     "TLS: the server's certificate fails verify-full: server certificate "
                     'for "a" does not match host name "db"'),
    "wrong password": ('FATAL:  password authentication failed for user "coder_blue"',
                       'login: the server rejected the password of "coder_blue"; it is wrong, or '
                       "the login has expired (VALID UNTIL)"),
    "no password": ("fe_sendauth: no password supplied",
                    'login: the server requires a password for "coder_blue", and none is set'),
    "may not log in": ('FATAL:  role "coder_blue" is not permitted to log in',
                       'login: "coder_blue" may not log in; run ALTER ROLE "coder_blue" LOGIN on '
                       "the server"),
    "no such login": ('FATAL:  role "coder_blue" does not exist',
                      'login: the server has no login "coder_blue"'),
    "no such database": ('FATAL:  database "coder" does not exist',
                         'database: the server has no database "coder"; create it, or set '
                         "existing.database to another name"),
    "no CONNECT": ('FATAL:  permission denied for database "coder"\n'
                   "DETAIL:  User does not have CONNECT privilege.",
                   'login: "coder_blue" may not connect; run GRANT CONNECT ON DATABASE "coder" TO '
                   '"coder_blue"'),
    "not admitted": ('FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "coder_blue"',
                     "access: the server does not admit the login from this pod: FATAL:  no "
                     'pg_hba.conf entry for host "10.0.0.9", user "coder_blue"; change '
                     "pg_hba.conf or the server's firewall"),
    "no CA file": ('root certificate file "/login/ca.crt" does not exist\n'
                   "Either provide the file, use the system's trusted roots with "
                   "sslrootcert=system, or change sslmode to disable server certificate "
                   "verification.",
                   'connection: db can\'t be reached: root certificate file "/login/ca.crt" does '
                   "not exist"),
    "an old protocol": ("SSL error: tlsv1 alert protocol version",
                        "TLS: the connection fails: SSL error: tlsv1 alert protocol version"),
    "dropped": ("timeout expired",
                "connection: db can't be reached: timeout expired; the packets are dropped on the "
                "way: check the firewall and the routes between the nodes and the server"),
    "refused": ("Connection refused\n\tIs the server running on that host and accepting TCP/IP?",
                "connection: db can't be reached: Connection refused"),
}  # fmt: skip


@pytest.mark.parametrize("what", CONNECT)
def test_a_failed_connection_is_explained(what: str, run: Runner) -> None:
    error, line = CONNECT[what]
    result = preflight(run, Answer(("SELECT 1",), REFUSED + error, 2))
    assert result.code == 1
    assert result.problems == [line]


def test_a_time_out_says_who_may_connect(run: Runner) -> None:
    dropped = Answer(("SELECT 1",), REFUSED + "timeout expired", 2)
    result = preflight(run, dropped, FIREWALL="only nodes with security group sg-1 may connect")
    assert result.problems == [
        "connection: db can't be reached: timeout expired; the packets are dropped on the way: "
        "only nodes with security group sg-1 may connect"
    ]


def test_the_other_checks_run_when_the_certificate_is_invalid(run: Runner) -> None:
    error = REFUSED + "SSL error: certificate verify failed"
    result = preflight(run, Answer(("sslmode=verify-full", "SELECT 1"), error, 2), FAILED["old"][0])
    assert [line.split(":")[0] for line in result.problems] == ["TLS", "version"]


@pytest.mark.parametrize(
    "error",
    [
        "Connection refused\n\tIs the server running on that host and accepting TCP/IP?",
        "timeout expired",
        "FATAL:  the database system is shutting down",
        "FATAL:  terminating connection due to administrator command",
        "server closed the connection unexpectedly\n\tThis probably means the server terminated",
        "SSL error: unexpected eof while reading",
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "some words of a proxy that nobody has foreseen",
        "FATAL:  the database system is starting up",
        "could not translate host name",
    ],
)
def test_the_jobs_wait_for_a_server_that_is_starting(error: str, run: Runner) -> None:
    result = preflight(run, Answer(("SELECT 1",), REFUSED + error, 2, times=3))
    assert result.code == 0, result.said
    assert run.slept() == 3


INCURABLE = {name for name, (_, line) in CONNECT.items() if not line.startswith("connection")}


@pytest.mark.parametrize("what", sorted(INCURABLE))
def test_what_waiting_does_not_cure_is_not_retried(what: str, run: Runner) -> None:
    preflight(run, Answer(("SELECT 1",), REFUSED + CONNECT[what][0], 2))
    assert run.slept() == 0, "some servers lock the account after several failures"


def test_a_job_does_not_wait_for_ever(run: Runner) -> None:
    preflight(run, Answer(("SELECT 1",), REFUSED + "Connection refused", 2))
    assert run.slept() == 24


NOT_VERIFIED = Answer(("SELECT 1",), REFUSED + "SSL error: certificate verify failed", 2)
SYSTEM = {"PGSSLROOTCERT": "system"}


def test_an_image_without_ca_roots_is_not_called_the_servers_fault(run: Runner) -> None:
    [line] = preflight(run, NOT_VERIFIED, **SYSTEM).problems
    assert line == (
        "toolsImage: the image has no CA certificates, so that no server's certificate can be "
        "verified; set toolsImage to an image with ca-certificates, or caCertificate to the "
        "server's CA"
    )


def test_a_private_ca_is_named_as_what_is_missing(run: Runner) -> None:
    roots = run.path / "etc" / "ssl" / "cert.pem"
    roots.parent.mkdir(parents=True)
    roots.write_text("roots")
    [line] = preflight(run, NOT_VERIFIED, **SYSTEM).problems
    assert line == (
        "TLS: the server's certificate fails verify-full with the CA roots of toolsImage: SSL "
        "error: certificate verify failed; set caCertificate to the server's CA if that is a "
        "private one"
    )


@pytest.mark.parametrize("scripts", ["coder/preflight", "coder/aftercheck", "database/roles"])
def test_an_old_psql_is_named_before_it_connects(scripts: str, run: Runner) -> None:
    (run.path / "asked").touch()
    result = run("kubernetes/connect", scripts, PSQL_VERSION="15.9 (Debian 15.9-1)")
    assert result.code == 1
    assert result.said.startswith("toolsImage: its psql is 15, must be 16 or later; set toolsImage")
    assert not result.asked, "it would ignore PGREQUIREAUTH, and could send the password in clear"


def test_what_a_proxy_says_of_itself_is_a_note(run: Runner) -> None:
    result = preflight(
        run,
        Answer(("inet_server_port",), "6432"),
        Answer(("SELECT session_user",), "coder_blue.project"),
    )
    assert result.code == 0, result.said
    for what in ('port is "6432" on the server', 'user is "coder_blue.project" on the server'):
        assert what in result.said


def test_a_script_that_stops_says_why_and_what_it_has_found(run: Runner) -> None:
    lost = Answer(("server_encoding",), "server closed the connection unexpectedly", 2)
    result = preflight(run, lost, FAILED["old"][0])
    assert result.code != 0
    assert result.said.startswith(
        "The Job on db stopped: connection: db can't be reached: server closed the connection"
    )
    assert result.problems == [FAILED["old"][1]]


SLOW = loaded("15.678", 2900)
TAIL = loaded("6.5", 700)


@pytest.mark.parametrize(
    ("load", "line"),
    [
        (SLOW, "latency: 15.678 ms on average under load, must be under 10 ms (96.667% above "
               "it); run Coder and its database in the same zone"),
        (TAIL, "latency: 6.5 ms on average under load, but 23.333% above 10 ms, must be at most "
               "20%"),
    ],
)  # fmt: skip
def test_a_slow_database_fails_with_the_measured_latency(load: str, line: str, run: Runner) -> None:
    assert preflight(run, load=load).problems == [line]


@pytest.mark.parametrize("load", [SLOW, TAIL])
def test_latency_gate_warn_passes_with_a_warning(load: str, run: Runner) -> None:
    result = preflight(run, load=load, LATENCY_GATE="warn")
    assert result.code == 0
    assert "Warning: latency: " in result.said
    assert "ms on average" in result.said, "the measured latency is printed"


def test_latency_gate_off_does_not_measure(run: Runner) -> None:
    result = preflight(run, load=SLOW, LATENCY_GATE="off")
    assert result.code == 0
    assert result.said.endswith("connections (3 held by other users), not measured")


def test_a_failed_measurement_fails_the_preflight(run: Runner) -> None:
    load = "pgbench: error: client 3 aborted in command 0\npgbench: error: Run was aborted"
    assert preflight(run, load=load).problems == [
        "latency: the measurement failed: client 3 aborted in command 0"
    ]


def test_a_measurement_without_a_result_fails_the_preflight(run: Runner) -> None:
    result = preflight(run, load="number of transactions actually processed: 0")
    assert result.problems == ["latency: the measurement failed: no query was answered in 15 s"]


def test_a_session_of_coders_login_passes_the_aftercheck(run: Runner) -> None:
    result = run("kubernetes/connect", "coder/aftercheck")
    assert result.code == 0
    assert result.said == "Coder uses database coder on db as coder_blue (2 session(s))"


def test_without_a_session_the_aftercheck_fails(run: Runner) -> None:
    result = run(
        "kubernetes/connect", "coder/aftercheck", answers=[Answer(("pg_stat_activity",), "0|0")]
    )
    assert result.code == 1
    assert result.said.startswith(
        'Coder does not use this database: no session of "coder_blue" on coder at db began after '
        "2026-01-02T03:04:05Z. Its pods can't connect"
    )
    assert "kubectl logs POD --all-containers" in result.said
    assert len(result.said.splitlines()) == 1


def test_the_aftercheck_waits_and_retries_a_failed_query(run: Runner) -> None:
    none = [Answer(("pg_stat_activity",), "0|0", times=1), Answer(("pg_stat_activity",), "x", 2, 2)]
    result = run("kubernetes/connect", "coder/aftercheck", answers=none, SECONDS_TO_WAIT="60")
    assert result.code == 0
    assert run.slept() == 3


def test_an_aftercheck_that_can_not_ask_does_not_blame_coder(run: Runner) -> None:
    refused = Answer(("pg_stat_activity",), REFUSED + CONNECT["wrong password"][0], 2)
    result = run("kubernetes/connect", "coder/aftercheck", answers=[refused])
    assert result.code == 1
    assert result.said == ("Can't see which database Coder uses: " + CONNECT["wrong password"][1])


def roles(run: Runner, *answers: Answer, **env: str) -> Run:
    names = ("session", "ownership", "objects", "role_problems", "roles")
    scripts = [f"database/{name}" for name in names]
    return run("kubernetes/connect", *scripts, answers=list(answers), **env)


def test_the_roles_job_prints_what_it_created(run: Runner) -> None:
    result = roles(run)
    assert result.code == 0, result.printed
    assert result.said == (
        "Database coder on db: owner role coder, login roles coder_blue and coder_green"
    )


def test_passwords_are_only_in_the_input_of_psql(run: Runner) -> None:
    result = roles(run)
    assert PASSWORD not in result.asked + result.printed + result.said
    assert (run.path / "input").read_text().count(PASSWORD) == 4, "twice for each login"


@pytest.mark.parametrize("what", ["another stack", "another flavour"])
def test_a_database_of_another_owner_is_not_changed(what: str, run: Runner) -> None:
    answer, line = FAILED[what]
    result = roles(run, Answer(("FROM pg_database WHERE datname",), "1", times=1), answer)
    assert result.code == 1
    assert result.said == line.removeprefix("owner: ")
    assert "CREATE ROLE" not in (run.path / "input").read_text()


def test_a_failed_admin_login_is_explained(run: Runner) -> None:
    error = REFUSED + 'FATAL:  password authentication failed for user "admin"'
    result = roles(run, Answer(("SELECT 1",), error, 2))
    assert result.code == 1
    assert result.said == (
        'The admin login can\'t connect to db: login: the server rejected the password of "admin"; '
        "it is wrong, or the login has expired (VALID UNTIL)"
    )


def test_a_failed_login_ends_with_the_way_out_that_the_job_knows(run: Runner) -> None:
    error = REFUSED + 'FATAL:  password authentication failed for user "admin"'
    result = roles(run, Answer(("SELECT 1",), error, 2), PASSWORD_CURE="type `pulumi up`")
    assert result.said.endswith("has expired (VALID UNTIL); type `pulumi up`")


def test_a_failed_role_creation_is_explained(run: Runner) -> None:
    result = roles(
        run, Answer(("is_new=", "CREATE ROLE"), "ERROR:  permission denied to create role", 3)
    )
    assert result.code == 1
    assert result.said == (
        'The admin login "admin" can\'t create the roles and the database: ERROR:  permission '
        "denied to create role"
    )
