"""What the Jobs' scripts say of a server, played by a psql that answers by heart."""

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
    "MARK_STACK": "coder/dev",
    "MARK_FLAVOUR": "classic",
    "MARK_ADOPTED": "",
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
    "DATABASE": "coder",
}
CLEAR = "sslmode=disable"
REFUSED = 'psql: error: connection to server at "db" (10.0.0.1), port 5432 failed: '


def loaded(average: str, slow: int) -> str:
    """What pgbench says of 3,000 transactions."""
    return (
        f"latency average = {average} ms\n"
        "number of transactions above the 10.0 ms latency limit: "
        f"{slow}/3000 ({slow / 30:.3f}%)"
    )


@dataclasses.dataclass(frozen=True)
class Answer:
    """What psql says, and ends with, when all of `words` are in what it is asked."""

    words: tuple[str, ...]
    text: str = ""
    code: int = 0
    times: int = 0
    """How often; 0 is always."""

    def script(self, number: int) -> str:
        pattern = "*" + "*".join(map(shlex.quote, self.words)) + "*"
        stream = " >&2" if self.code else ""
        end = f"printf '%s\\n' {shlex.quote(self.text)}{stream}; exit {self.code}"
        if self.times:
            count = f'"$FAKE/{number}"'
            end = f"echo >> {count}; [ $(wc -l < {count}) -gt {self.times} ] || {{ {end}; }}"
        return f'case "$words" in {pattern}) {end};; esac'


HEALTHY = [
    Answer((CLEAR, "SELECT 1"), REFUSED + "FATAL:  no pg_hba.conf entry, no encryption", 2),
    Answer(("server_version_num",), "170006"),
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
    Answer(("shobj_description",), "coder stack=coder/dev flavour=classic"),
    Answer(("count(*)", "pg_stat_activity"), "2"),
]
LOAD = loaded("1.234", 3)


@dataclasses.dataclass(frozen=True)
class Run:
    code: int
    said: str
    """The termination message: what a person sees."""
    asked: str
    """Arguments and settings of each psql."""
    printed: str

    @property
    def problems(self) -> list[str]:
        return [line.removeprefix("- ") for line in self.said.splitlines()[1:]]


@pytest.fixture
def run(tmp_path: Path) -> "Runner":
    return Runner(tmp_path)


class Runner:
    """Runs scripts as a Job does, in a directory in place of the pod's."""

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
            input=; case "$*" in *" -c "*|*qc*) ;; *) input=$(cat) ;; esac
            printf '%s\\n' "$*" >> "$FAKE/asked"
            printf '%s\\n' "$input" >> "$FAKE/input"
            words="sslmode=$PGSSLMODE $* $input"
            {chr(10).join(lines)}
        ''')  # fmt: skip
        failed = "exit 1" if load.startswith("pgbench:") else ""
        self.program("pgbench", f"printf '%s\\n' {shlex.quote(load)}\n{failed}")
        self.program("sleep", 'echo "$1" >> "$FAKE/slept"')
        text = "\n".join((ROOT / "components" / f"{name}.sh").read_text() for name in names)
        text = re.sub(r"/dev(?=/termination-log)|(?=/(tmp|login)/)", str(self.path), text)
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
        "database/ownership",
        "coder/preflight",
        answers=list(answers),
        load=load,
        **env,
    )


def test_a_fit_database_passes_with_its_figures(run: Runner) -> None:
    result = preflight(run)
    assert result.code == 0, result.printed
    assert result.said == (
        "Preflight of db passed: PostgreSQL 17.6, TLSv1.3 (verify-full), 70 of 97 connections, "
        "latency under load 1.234 ms on average (limit 10 ms), 0.100% above it\n"
    )


BROKEN = {
    "old": (Answer(("server_version_num",), "100023"), "version: the server is PostgreSQL 17.6, "
            "chart 1.44.3 needs 11 or later"),
    "encoding": (Answer(("server_encoding",), "LATIN1"),
                 "encoding: the database's is LATIN1, must be UTF8"),
    "another port": (Answer(("inet_server_port",), "6432"),
                     'port: the server says "6432", the settings say "5432"'),
    "another user": (Answer(("SELECT session_user",), "eve"),
                     'user: the server says "eve", the settings say "coder_blue"'),
    "another database": (Answer(("SELECT current_database()",), "x"),
                         'database: the server says "x", the settings say "coder"'),
    "standby": (Answer(("pg_is_in_recovery",), "t"),
                "standby: the server is a standby and read-only; name the primary"),
    "rights": (Answer(("CREATE TABLE",), "ERROR:  permission denied\nLINE 1: CREATE", 1),
               'rights: "coder_blue" can\'t create and drop a table: ERROR:  permission denied '
               "LINE 1: CREATE"),
    "pooler": (Answer(("LISTEN",), "1"),
               "LISTEN/NOTIFY does not arrive: a connection pooler in transaction mode? name the "
               "server itself"),
    "in the clear": (Answer((CLEAR, "SELECT 1"), "1"),
                     "TLS: the server also accepts connections in the clear; allow only TLS "
                     "(hostssl in pg_hba.conf, rds.force_ssl, require_secure_transport, or the "
                     "like)"),
    "in the clear with another way in": (
        Answer((CLEAR, "SELECT 1"), REFUSED + "authentication method requirement not met", 2),
        "TLS: the server also accepts connections in the clear; allow only TLS (hostssl in "
        "pg_hba.conf, rds.force_ssl, require_secure_transport, or the like)"),
    "few connections": (Answer(("max_connections",), "69"),
                        "connections: 1 replica(s) need up to 60 and 10 more are kept free, the "
                        "server allows 69; raise max_connections or lower replicas"),
    "few for the login": (Answer(("rolconnlimit",), "59"),
                          "connections: 1 replica(s) need up to 60, rolconnlimit allows 59"),
    "few for the database": (Answer(("datconnlimit",), "59"),
                             "connections: 1 replica(s) need up to 60, datconnlimit allows 59"),
    "another stack": (
        Answer(("shobj_description",), "coder stack=coder/prod flavour=classic"),
        'owner: database "coder" belongs to stack coder/prod, this is coder/dev: set another '
        "existing.database, or, if this stack is to take its place, run COMMENT ON DATABASE "
        '"coder" IS NULL'),
    "another flavour": (
        Answer(("shobj_description",), "coder stack=coder/dev flavour=v2"),
        'owner: database "coder" holds the data of Coder v2, chartVersion is classic: the two must '
        "never share a database; set another existing.database or a v2 chartVersion"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_each_broken_promise_has_its_one_line(what: str, run: Runner) -> None:
    answer, line = BROKEN[what]
    result = preflight(run, answer)
    assert result.code == 1
    assert result.said.startswith("Preflight of db: 1 broken promise(s)\n")
    assert result.problems == [line]


def test_all_broken_promises_are_named_at_once(run: Runner) -> None:
    names = ("old", "encoding", "in the clear", "few connections", "another stack", "rights")
    load = LOAD.replace("1.234", "15.678")
    result = preflight(run, *[BROKEN[name][0] for name in names], load=load)
    assert result.said.startswith("Preflight of db: 7 broken promise(s)\n")
    assert {line.split(":")[0] for line in result.problems} == {
        "version", "encoding", "TLS", "connections", "owner", "rights", "latency",
    }  # fmt: skip


CONNECT = {
    "no TLS": ("server does not support SSL, but SSL was required",
               "TLS: the server offers none and sslMode is verify-full; switch it on in the "
               "server (ssl = on)"),
    "another CA": ("SSL error: certificate verify failed",
                   "TLS: the server's certificate does not pass verify-full: SSL error: "
                   "certificate verify failed"),
    "another name": ('server certificate for "a" does not match host name "db"',
                     "TLS: the server's certificate does not pass verify-full: server certificate "
                     'for "a" does not match host name "db"'),
    "wrong password": ('FATAL:  password authentication failed for user "coder_blue"',
                       'login: the server refuses the password of "coder_blue"'),
    "no password": ("fe_sendauth: no password supplied",
                    'login: the server asks for a password of "coder_blue", and none is given'),
    "refused": ("Connection refused\n\tIs the server running on that host and accepting TCP/IP?",
                "connection: db can't be reached: Connection refused"),
}  # fmt: skip


@pytest.mark.parametrize("what", CONNECT)
def test_a_connection_that_fails_says_why(what: str, run: Runner) -> None:
    error, line = CONNECT[what]
    result = preflight(run, Answer(("SELECT 1",), REFUSED + error, 2))
    assert result.code == 1
    assert result.problems == [line]


def test_the_rest_is_told_even_where_the_certificate_does_not_pass(run: Runner) -> None:
    error = REFUSED + "SSL error: certificate verify failed"
    result = preflight(run, Answer(("sslmode=verify-full", "SELECT 1"), error, 2), BROKEN["old"][0])
    assert [line.split(":")[0] for line in result.problems] == ["TLS", "version"]


@pytest.mark.parametrize(
    "error",
    [
        "Connection refused\n\tIs the server running on that host and accepting TCP/IP?",
        "timeout expired",
        "FATAL:  the database system is starting up",
        "could not translate host name",
    ],
)
def test_a_server_that_is_not_there_yet_is_waited_for(error: str, run: Runner) -> None:
    result = preflight(run, Answer(("SELECT 1",), REFUSED + error, 2, times=3))
    assert result.code == 0, result.said
    assert run.slept() == 3


def test_a_wrong_password_is_not_tried_again(run: Runner) -> None:
    error = REFUSED + CONNECT["wrong password"][0]
    preflight(run, Answer(("SELECT 1",), error, 2))
    assert run.slept() == 0, "some servers lock the account"


SLOW = loaded("15.678", 2900)
TAIL = loaded("6.5", 700)


@pytest.mark.parametrize(
    ("load", "line"),
    [
        (SLOW, "latency: 15.678 ms on average under load, must be under 10 ms (96.667% above); "
               "put Coder and its database in one zone"),
        (TAIL, "latency: 6.5 ms on average under load, yet 23.333% above 10 ms, must be under 20%"),
    ],
)  # fmt: skip
def test_a_slow_database_is_refused_with_the_measured_figure(
    load: str, line: str, run: Runner
) -> None:
    assert preflight(run, load=load).problems == [line]


@pytest.mark.parametrize("load", [SLOW, TAIL])
def test_the_gate_may_only_warn(load: str, run: Runner) -> None:
    result = preflight(run, load=load, LATENCY_GATE="warn")
    assert result.code == 0
    assert "Warning: latency: " in result.printed
    assert "ms on average" in result.said, "the figures are shown either way"


def test_the_gate_may_be_off(run: Runner) -> None:
    result = preflight(run, load=SLOW, LATENCY_GATE="off")
    assert result.code == 0
    assert result.said.endswith("connections, not measured\n")


def test_a_latency_that_can_t_be_measured_is_no_latency_that_is_good(run: Runner) -> None:
    result = preflight(run, load="pgbench: error: no connection")
    assert result.problems == ["latency: can't be measured: pgbench: error: no connection"]


UNMARKED = Answer(("shobj_description",), "")
TABLES = Answer(("relkind",), "12")


def test_an_empty_database_is_taken_and_marked(run: Runner) -> None:
    result = preflight(run, UNMARKED, Answer(("relkind",), "0"))
    assert result.code == 0
    assert "mark=coder stack=coder/dev flavour=classic" in result.asked


def test_tables_without_a_mark_are_somebody_s(run: Runner) -> None:
    result = preflight(run, UNMARKED, TABLES)
    assert result.problems == [
        'owner: database "coder" has 12 tables and no mark of this stack: if they are Coder\'s, '
        "type `pulumi config set --path existing.flavour classic`; if not, set another "
        "existing.database"
    ]
    assert "mark=" not in result.asked, "it is not marked as ours"


def test_a_person_may_vouch_for_the_tables_but_not_for_the_other_flavour(run: Runner) -> None:
    assert preflight(run, UNMARKED, TABLES, MARK_ADOPTED="classic").code == 0
    assert preflight(run, UNMARKED, TABLES, MARK_ADOPTED="v2").code == 1


def test_a_database_with_a_broken_promise_is_not_marked(run: Runner) -> None:
    assert "mark=" not in preflight(run, UNMARKED, BROKEN["encoding"][0]).asked


def test_a_session_of_coder_s_login_passes_the_after_check(run: Runner) -> None:
    result = run("kubernetes/connect", "coder/aftercheck")
    assert result.code == 0
    assert result.said == "Coder runs on coder at db as coder_blue (2 sessions)\n"


def test_without_a_session_the_after_check_fails(run: Runner) -> None:
    result = run(
        "kubernetes/connect", "coder/aftercheck", answers=[Answer(("pg_stat_activity",), "0")]
    )
    assert result.code == 1
    assert result.said.startswith(
        'Coder does not use this database: no session of "coder_blue" on coder at db began after '
        "2026-01-02T03:04:05Z."
    )
    assert len(result.said.splitlines()) == 1


def test_the_after_check_waits_and_goes_on_after_a_failed_query(run: Runner) -> None:
    none = [Answer(("pg_stat_activity",), "0", times=1), Answer(("pg_stat_activity",), "x", 2, 2)]
    result = run("kubernetes/connect", "coder/aftercheck", answers=none, SECONDS_TO_WAIT="60")
    assert result.code == 0
    assert run.slept() == 3


def roles(run: Runner, *answers: Answer) -> Run:
    return run("kubernetes/connect", "database/ownership", "database/roles", answers=list(answers))


def test_the_roles_job_says_what_it_made(run: Runner) -> None:
    result = roles(run)
    assert result.code == 0, result.printed
    assert result.said == ("Database coder on db: owner coder, logins coder_blue and coder_green\n")


def test_passwords_go_to_psql_s_input_alone(run: Runner) -> None:
    result = roles(run)
    assert PASSWORD not in result.asked + result.printed + result.said
    assert (run.path / "input").read_text().count(PASSWORD) == 4, "twice for each login"


@pytest.mark.parametrize("what", ["another stack", "another flavour"])
def test_a_database_of_another_is_not_touched(what: str, run: Runner) -> None:
    answer, line = BROKEN[what]
    result = roles(run, Answer(("FROM pg_database WHERE datname",), "1", times=1), answer)
    assert result.code == 1
    assert result.said == line.removeprefix("owner: ") + "\n"
    assert "CREATE ROLE" not in (run.path / "input").read_text()


def test_an_admin_that_does_not_get_in_is_said(run: Runner) -> None:
    error = REFUSED + 'FATAL:  password authentication failed for user "admin"'
    result = roles(run, Answer(("SELECT 1",), error, 2))
    assert result.code == 1
    assert result.said == (
        'The admin login does not get into db: login: the server refuses the password of "admin"\n'
    )


def test_roles_that_can_t_be_made_are_said(run: Runner) -> None:
    result = roles(run, Answer(("CREATE ROLE",), "ERROR:  permission denied to create role", 3))
    assert result.code == 1
    assert result.said == (
        'The admin login "admin" can\'t make the roles and the database: ERROR:  permission denied '
        "to create role\n"
    )
