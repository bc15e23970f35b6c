"""What Coder's migrations may have to wait for, and do wait for, on a real server."""

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database.jobs import PASSWORDS, Jobs
from tests.database.server import ADMIN, ADMIN_PASSWORD, RealServer
from tests.database.test_checks import Session

BLUE = ("coder_blue", PASSWORDS["blue"])
LOCK = "DO 'BEGIN PERFORM pg_advisory_lock(1); END'"


@pytest.fixture
def jobs(server: RealServer, tmp_path: Path) -> Jobs:
    """A database with a table of Coder's."""
    jobs = Jobs(server, tmp_path)
    done = jobs.roles()
    assert done.code == 0, done
    Session(
        server,
        *BLUE,
        "CREATE TABLE users (id int)",
        f"GRANT SELECT ON users TO {ADMIN}",
        database="coder",
    ).close()
    return jobs


@contextlib.contextmanager
def migration(server: RealServer, drop: str = "DROP TABLE users") -> Iterator[None]:
    """A session of Coder that wants to drop the table, for more than five seconds."""
    session = Session(server, *BLUE, database="coder")
    statement = threading.Thread(target=session.run, args=(drop,))
    statement.start()
    time.sleep(6)
    assert statement.is_alive(), "nothing blocks the migration"
    try:
        yield
    finally:
        statement.join(30)
        session.close()


def now(server: RealServer) -> str:
    return server.sql(
        "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    ).strip()


def test_the_aftercheck_names_the_session_that_blocks_a_migration(
    server: RealServer, jobs: Jobs
) -> None:
    since = now(server)
    reader = Session(server, ADMIN, ADMIN_PASSWORD, "SET application_name = 'report'", "BEGIN",
                     "SELECT * FROM users", database="coder")  # fmt: skip
    pid = server.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'report'").strip()
    waiting = migration(server)
    waiting.__enter__()
    blocked = jobs.aftercheck(since, MIGRATION_SECONDS="3")
    reader.run("COMMIT")
    waiting.__exit__(None, None, None)
    reader.close()
    assert blocked.code == 1
    line = (
        f's for a lock that session {pid} holds (user {ADMIN}, application "report", which '
        "does not show its age to Coder's login); end that transaction, or as its user or an "
        f"administrator: SELECT pg_terminate_backend({pid})"
    )
    assert line in blocked.said
    assert "Coder has waited on" in blocked.said
    warnings = [each for each in blocked.printed.splitlines() if each.startswith("Warning: ")]
    assert line in warnings[0], "the program prints it while the Job runs"
    assert len(set(warnings)) == 1, "with the age of the first time, so that it is one warning"
    (first,) = re.findall(r"has waited (\d+) s for", warnings[0])
    (last,) = re.findall(r"has waited (\d+) s for", blocked.said)
    assert 5 <= int(first) <= int(last) < 60
    with contextlib.closing(Session(server, *BLUE, database="coder")):
        assert jobs.aftercheck(since).code == 0


def test_the_age_of_a_blocking_transaction_of_coders_own_login_is_named(
    server: RealServer, jobs: Jobs
) -> None:
    reader = Session(server, *BLUE, "BEGIN", "SELECT * FROM users", database="coder")
    with migration(server, "DO 'BEGIN PERFORM pg_sleep(4); DROP TABLE users; END'"):
        blocked = jobs.aftercheck(now(server), MIGRATION_SECONDS="1")
        reader.run("COMMIT")
    reader.close()
    assert blocked.code == 1
    assert "idle in transaction, its transaction began " in blocked.said
    (waited,) = re.findall(r"has waited (\d+) s for", blocked.said)
    assert int(waited) < 6, "the statement did something else before"


def test_a_session_that_waits_for_coders_own_migration_blames_nobody(
    server: RealServer, jobs: Jobs
) -> None:
    since = now(server)
    time.sleep(1.5)  # The after-check compares clocks to a second.
    holder = Session(server, *BLUE, LOCK, database="coder")
    other = Session(server, *BLUE, database="coder")
    waiting = threading.Thread(target=other.run, args=(LOCK,))
    waiting.start()
    time.sleep(6)
    done = jobs.aftercheck(since, MIGRATION_SECONDS="1")
    holder.close()
    waiting.join(30)
    other.close()
    assert done.code == 1
    assert "No other session blocks them: raise rolloutTimeoutSeconds" in done.said
    assert "Warning" not in done.printed


def test_the_preflight_warns_of_transactions_that_a_migration_may_wait_for(
    server: RealServer, jobs: Jobs
) -> None:
    own = Session(server, *BLUE, "SET application_name = 'console'", "BEGIN", "SELECT * FROM users",
                  database="coder")  # fmt: skip
    hidden = Session(server, ADMIN, ADMIN_PASSWORD, "SET application_name = 'dump'", "BEGIN",
                     "SELECT * FROM users", database="coder")  # fmt: skip
    # A minute is too long for a test, and so is the load that tells a short transaction.
    done = jobs.preflight(OLD_TRANSACTION="0 s", SHORT_TRANSACTION_SECONDS="0")
    short = jobs.preflight(OLD_TRANSACTION="0 s")
    own.close()
    hidden.close()
    assert done.code == 0, done.said
    assert short.said.count("Warning: ") == 1, "it was too short to tell of the hidden one"
    warnings = [each.strip() for each in done.said.splitlines() if "Warning: " in each]
    assert len(warnings) == 2, done.said
    assert 'user coder_blue, application "console", idle in transaction) has' in warnings[0]
    assert warnings[0].endswith("end it if it can be ended")
    assert f'user {ADMIN}, application "dump") has held locks on tables for' in warnings[1]
    assert "Warning" not in jobs.preflight(OLD_TRANSACTION="0 s").said
