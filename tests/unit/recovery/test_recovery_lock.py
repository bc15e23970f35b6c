"""Recovery releases a lock only with the user's consent."""

import os
import socket
import sys
from pathlib import Path

import pytest

from recovery import __main__ as command
from recovery import processes
from recovery.commands import RecoveryError, run
from tests.unit.recovery.clis import Clis, document

ELSEWHERE = "ci@runner-7 (pid 41) at 2026-11-25T16:51:52Z"
HERE = "me@{host} (pid {process}) at 2026-11-25T16:51:52Z"

Said = pytest.CaptureFixture[str]


@pytest.fixture
def locked() -> Clis:
    clis = Clis(document())
    clis.locks = [ELSEWHERE]
    return clis


def answer(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """Sit at the terminal and type that to every question."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: word)


def test_nothing_to_repair_exits_with_0(capsys: Said) -> None:
    clis = Clis(document())
    assert clis.recover() == 0
    assert capsys.readouterr().out == "Stack dev: nothing to repair.\n"
    assert clis.ran == []


def test_unknown_stack_is_an_error() -> None:
    with pytest.raises(RecoveryError, match="no stack named 'dev' found"):
        Clis(None).recover(yes=True)


def test_unreadable_export_is_an_error() -> None:
    with pytest.raises(RecoveryError, match="printed no state"):
        Clis({"deployment": {"resources": [{"type": "no urn"}]}}).recover()


def test_lock_is_not_released_without_consent(locked: Clis, capsys: Said) -> None:
    assert locked.recover() == 1
    said = capsys.readouterr().out
    assert f"created by {ELSEWHERE}\n" in said, "who holds it, and no claim that it has ended"
    assert "looks the same as a killed one" in said
    assert "--yes" in said
    assert locked.ran == []
    assert locked.recover(yes=True) == 0
    assert locked.ran == ["cancel --yes"]
    assert "nothing else to repair" in capsys.readouterr().out


@pytest.mark.parametrize(("word", "code", "ran"), [("y", 0, ["cancel --yes"]), ("", 1, [])])
def test_user_is_asked_before_the_lock_is_released(
    locked: Clis, monkeypatch: pytest.MonkeyPatch, word: str, code: int, ran: list[str]
) -> None:
    answer(monkeypatch, word)
    assert locked.recover() == code
    assert locked.ran == ran


def test_dry_run_shows_the_lock_and_keeps_it(locked: Clis, capsys: Said) -> None:
    assert locked.recover(dry_run=True, yes=True) == 0
    assert "Would release the lock" in capsys.readouterr().out
    assert locked.ran == []


def test_every_lock_holder_is_named(locked: Clis, capsys: Said) -> None:
    locked.locks.append("bob@laptop (pid 7) at 2026-11-25T10:00:00Z")
    locked.recover(yes=True)
    said = capsys.readouterr().out
    assert "ci@runner-7" in said
    assert "bob@laptop" in said


def test_ended_process_of_this_machine_is_reported(capsys: Said) -> None:
    clis = Clis(document())
    clis.locks = [HERE.format(host=socket.gethostname(), process=41)]
    assert clis.recover(yes=True) == 0
    said = capsys.readouterr().out
    assert "that process has ended" in said
    assert "looks the same" not in said


def test_running_update_of_this_machine_is_never_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = processes.Process(id=os.getpid(), parent=1, command="/usr/bin/pulumi up")
    monkeypatch.setattr(processes, "running", lambda: {mine.id: mine})
    clis = Clis(document())
    clis.locks = [HERE.format(host=socket.gethostname(), process=mine.id)]
    with pytest.raises(RecoveryError, match=f"updated by process {mine.id}.*wait for its end"):
        clis.recover(yes=True)
    assert clis.ran == []


def test_running_operation_in_pulumi_cloud_is_named(capsys: Said) -> None:
    clis = Clis(document())
    operation = {"kind": "update", "author": "ann", "started": "2026-11-25T16:51:52.000Z"}
    clis.cloud = {"version": 3, "currentOperation": operation}
    clis.locks = ["nobody, for nobody must ask a bucket"]
    assert clis.recover() == 1
    assert "update by ann, started 2026-11-25T16:51:52.000Z" in capsys.readouterr().out
    assert clis.recover(yes=True) == 0
    assert clis.ran == ["cancel --yes"]
    clis.cloud = {"version": 4}
    clis.locks = ["nobody, for nobody must ask a bucket"]
    assert clis.recover() == 0


@pytest.mark.parametrize(
    ("provider", "additions"), [("passphrase", {}), ("cloud", {"PULUMI_CONFIG_PASSPHRASE": ""})]
)
def test_lock_is_found_with_every_secrets_provider(
    locked: Clis, provider: str, additions: dict[str, str]
) -> None:
    assert locked.exported
    locked.exported["deployment"]["secrets_providers"]["type"] = provider
    assert locked.recover() == 1
    assert locked.additions == additions


def test_unreadable_lock_is_an_error(locked: Clis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locked, "_refusal", lambda: "error: access denied\n")
    with pytest.raises(RecoveryError, match="can't see whether the stack is locked: access denied"):
        locked.recover(yes=True)


def test_missing_pulumi_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Said
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command.main(["--stack", "dev", "--dry-run"]) == 1
    said = "error: pulumi is not on PATH: install it, https://www.pulumi.com/docs/install\n"
    assert capsys.readouterr().err == said


def test_failing_command_raises_no_exception() -> None:
    result = run(
        [sys.executable, "-c", "import os; exit(os.environ['WORD'] == 'x')"], {"WORD": "x"}
    )
    assert result.returncode == 1
