"""The stand-in server says what is wrong with its settings, and never with the password."""

import subprocess
from pathlib import Path

import pytest

from sandbox.machine import paths

PASSWORD = "Canary-4711"
URL = f"postgresql://coder:{PASSWORD}@localhost:1/coder"


def run(*arguments: str, **environment: str) -> str:
    """The first line that the server says; one that would go on is ended then."""
    server = paths.BIN / "coderd"
    assert server.exists(), f"{server} is missing: make it with `python -m sandbox setup`"
    command = [server, *arguments]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = process.stderr.readline()
        process.terminate()
        said += process.stderr.read()
    assert process.returncode == 1
    assert PASSWORD not in said
    return said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"{URL}?sslmode=prefer", 'unsupported sslmode "prefer"'),
        (f"{URL}?sslmode=verify-full&sslrootcert=/absent", "open /absent: no such file"),
        (f"{URL}?sslmode=verify-full&sslrootcert=/etc/passwd", "unable to add CA"),
        (f"postgresql://coder:{PASSWORD}/:@localhost/coder", "is no URL of the form"),
        (f"postgresql://coder:{PASSWORD}@localhost:port/coder", "is no URL of the form"),
        (f"mysql://coder:{PASSWORD}@localhost/coder", "is no URL of the form"),
        (URL, "connection refused"),
    ],
    ids=["weak mode", "no CA", "no PEM", "raw slash", "no port", "other scheme", "no server"],
)
def test_a_connection_url_that_cannot_work_is_named_without_its_password(
    url: str, said: str
) -> None:
    assert said in run("server", CODER_PG_CONNECTION_URL=url)


def test_a_pool_without_connections_is_refused() -> None:
    said = run("server", CODER_PG_CONNECTION_URL=URL, CODER_PG_CONN_MAX_OPEN="0")
    assert 'is "0", must be a positive number' in said


def test_classic_waits_for_its_database_and_reads_the_password_from_a_file(tmp_path: Path) -> None:
    settings = {"DB_HOST": "localhost", "DB_PORT": "1", "DB_USER": "coder", "DB_NAME": "coder"}
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    assert "retrying" in run("migrate", "up", DB_PASSWORD_PATH=str(file), **settings)
    absent = str(tmp_path / "absent")
    assert "DB_PASSWORD_PATH: open" in run("run", DB_PASSWORD_PATH=absent, **settings)


def test_an_unknown_command_is_answered_with_the_known_ones() -> None:
    assert "usage: coderd migrate up | coderd run | coder server" in run("frobnicate")
