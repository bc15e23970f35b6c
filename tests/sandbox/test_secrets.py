"""No password, and no URL with one, is in the clear anywhere except in its Secret."""

import base64
import json
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from review.comment import comment
from review.plan import parse
from sandbox.engine import home
from sandbox.machine import paths
from sandbox.postgres.server import Server
from tests.sandbox.conftest import Make
from tests.sandbox.stack import PASSWORDS, Stack, helm, kubectl

ADMIN = "Adm1n/canary+of=the~test"


class ProcessArguments:
    """Collects the arguments of all processes on the machine while it is active."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "ProcessArguments":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.is_set():
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(file.read_bytes())
                except OSError:
                    continue
            time.sleep(0.02)


@pytest.fixture(scope="module")
def searched(make: Make) -> tuple[Stack, dict[str, str], list[str]]:
    """A stack after an update and a rotation, the texts to search, and the passwords."""
    stack = make("secrets")
    Server.create(
        "secrets",
        stack.host,
        username="coder_admin",
        password=ADMIN,
        settings={"log_statement": "all", "log_connections": "on", "log_min_messages": "debug1"},
    )
    home.write_private(PASSWORDS / "secrets", ADMIN)
    with ProcessArguments() as arguments:
        printed = stack.up("--diff")
        before = _generated(stack)
        reviewed = comment(parse(stack.set(passwordGeneration=2).run("preview", "--json").stdout))
        printed += stack.up()
        printed += stack.run("preview", "--diff", "--json").stdout
    passwords = [ADMIN, *sorted({*before, *_generated(stack)})]
    places = {
        "the CLI's output": printed,
        "the review comment": reviewed,
        "the outputs": json.dumps(stack.outputs()),
        "process arguments": b"\n".join(arguments.seen).decode(errors="replace"),
        "the server's log": (paths.LOG / "postgres-secrets.log").read_text(),
        "Helm values": helm("-n", "secrets", "get", "values", "coder", "--all"),
        "the manifest": helm("-n", "secrets", "get", "manifest", "coder"),
        "events": kubectl("get", "events", "-A", "-o", "json"),
        "pods": kubectl("get", "pods,jobs,deployments", "-A", "-o", "json"),
        "the pods' logs": "".join(
            kubectl("-n", namespace, "logs", name, "--all-containers", check=False)
            for namespace in ("secrets", "secrets-database")
            for name in kubectl("-n", namespace, "get", "pods", "-o", "name").split()
        ),
        "the state": json.dumps(stack.state()),
        "the sandbox's logs": "".join(
            file.read_text(errors="replace") for file in paths.LOG.glob("*.log")
        ),
    }
    return stack, places, passwords


def test_no_password_is_in_the_clear(
    searched: tuple[Stack, dict[str, str], list[str]],
) -> None:
    _, places, passwords = searched
    assert len(passwords) == 4, "two logins, two generations of one of them, and the admin's"
    found = [
        f"{place}: {form}"
        for place, text in places.items()
        for password in passwords
        for form in _spellings(password)
        if form in text
    ]
    assert not found


def test_searched_texts_are_complete(
    searched: tuple[Stack, dict[str, str], list[str]],
) -> None:
    _, places, _ = searched
    for place, text in places.items():
        assert len(text) > 20, f"{place} is empty, so nothing was searched"
    assert "ALTER" in places["the server's log"], "statements are not in the log"
    assert "SCRAM-SHA-256" in places["the server's log"], "verifiers are what a log may hold"


def test_review_says_that_a_rotation_restarts_coder(
    searched: tuple[Stack, dict[str, str], list[str]],
) -> None:
    _, places, _ = searched
    text = places["the review comment"]
    assert "**Coder's pods restart**, because of the connection to the database" in text
    assert "`coder-preflight`" in text
    assert "**Refused" not in text


def test_passwords_in_the_state_are_marked_secret(
    searched: tuple[Stack, dict[str, str], list[str]],
) -> None:
    stack, _, passwords = searched
    command = ["pulumi", "stack", "export", "--show-secrets", "--stack", stack.name]
    done = subprocess.run(
        command, env=home.environment(), cwd=paths.ROOT, capture_output=True, text=True
    )
    state = json.loads(done.stdout)
    forms = [form for password in passwords for form in _spellings(password)]
    unmarked = _unmarked(state["deployment"]["resources"], forms, "")
    held = [each for each in passwords if any(form in done.stdout for form in _spellings(each))]
    assert len(held) == 3, "the state should hold the admin's password and both logins'"
    assert not unmarked


def _spellings(password: str) -> set[str]:
    """The spellings of a password: plain, in a URL, in a Secret's data."""
    encoded = base64.b64encode(password.encode()).decode()
    return {password, quote(password, safe=""), encoded}


def _unmarked(value: object, passwords: list[str], path: str) -> list[str]:
    """The paths of passwords that are not inside a secret."""
    if isinstance(value, dict):
        if "4dabf18193072939515e22adb298388d" in value:
            return []
        return [
            found
            for key, item in value.items()
            for found in _unmarked(item, passwords, f"{path}.{key}")
        ]
    if isinstance(value, list):
        return [
            found
            for number, item in enumerate(value)
            for found in _unmarked(item, passwords, f"{path}[{number}]")
        ]
    return [path] if isinstance(value, str) and any(word in value for word in passwords) else []


def _generated(stack: Stack) -> list[str]:
    """The current passwords of both logins."""
    secret = ["-n", f"{stack.name}-database", "get", "secrets", "-o", "json"]
    passwords: list[str] = []
    for item in json.loads(kubectl(*secret))["items"]:
        for key in ("blue", "green"):
            if key in item.get("data", {}):
                passwords.append(base64.b64decode(item["data"][key]).decode())
    return passwords
