"""Error messages of the stand-in Coder server; none of them contains the password."""

import subprocess
from pathlib import Path

import pytest

from sandbox.machine import paths

PASSWORD = "Canary-4711"
URL = f"postgresql://coder:{PASSWORD}@localhost:1/coder"


def run(*arguments: str, **environment: str) -> str:
    """What the server writes to standard error; it is terminated after its first line."""
    server = paths.BIN / "coderd"
    assert server.exists(), f"{server} is missing; build it: `python -m sandbox setup`"
    command = [server, *arguments]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        output = process.stderr.readline()
        process.terminate()
        output += process.stderr.read()
    assert process.returncode == 1
    assert PASSWORD not in output
    return output


@pytest.mark.parametrize(
    ("url", "error"),
    [
        (f"{URL}?sslmode=prefer", 'unsupported sslmode "prefer"'),
        (f"{URL}?sslmode=verify-full&sslrootcert=/absent", "open /absent: no such file"),
        (f"{URL}?sslmode=verify-full&sslrootcert=/etc/passwd", "unable to add CA"),
        (f"postgresql://coder:{PASSWORD}/:@localhost/coder", "is not a URL of the form"),
        (f"postgresql://coder:{PASSWORD}@localhost:port/coder", "is not a URL of the form"),
        (f"mysql://coder:{PASSWORD}@localhost/coder", "is not a URL of the form"),
        (URL, "connection refused"),
    ],
    ids=["sslmode", "missing-ca", "invalid-ca", "slash", "port", "scheme", "no-server"],
)
def test_invalid_connection_url_is_reported_without_its_password(url: str, error: str) -> None:
    assert error in run("server", CODER_PG_CONNECTION_URL=url)


def test_connection_limit_of_zero_is_refused() -> None:
    output = run("server", CODER_PG_CONNECTION_URL=URL, CODER_PG_CONN_MAX_OPEN="0")
    assert 'is "0", must be a positive number' in output


def test_classic_retries_to_connect_and_reads_the_password_from_a_file(tmp_path: Path) -> None:
    settings = {"DB_HOST": "localhost", "DB_PORT": "1", "DB_USER": "coder", "DB_NAME": "coder"}
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    assert "retrying" in run("migrate", "up", DB_PASSWORD_PATH=str(file), **settings)
    absent = str(tmp_path / "absent")
    assert "DB_PASSWORD_PATH: open" in run("run", DB_PASSWORD_PATH=absent, **settings)


def test_unknown_command_is_an_error_that_lists_the_known_ones() -> None:
    assert "usage: coderd migrate up | coderd run | coder server" in run("frobnicate")
