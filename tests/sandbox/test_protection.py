"""A protected stack refuses dangerous changes at preview; protect=false allows them."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.sandbox.conftest import Make
from tests.sandbox.imports import import_all, kinds
from tests.sandbox.stack import Stack, history, kubectl, merged


@pytest.fixture(scope="module")
def protected(make: Make) -> Stack:
    stack = make("protected", protect=True)
    stack.up()
    stack.coder().add_user("grace")
    return stack


def assert_unchanged(stack: Stack) -> None:
    assert "grace" in stack.coder().users()
    stack.unchanged()


def test_changed_namespace_is_refused(protected: Stack) -> None:
    printed = protected.set(namespace="elsewhere").fails("preview")
    assert "is protected; to allow it: pulumi config set protect false" in printed
    assert "by the settings namespace or cluster. Nothing was changed" in printed
    protected.fails("up", "--yes")
    protected.set(namespace="protected")
    assert not kubectl("get", "namespace", "elsewhere", "--ignore-not-found", "-o", "name")
    assert_unchanged(protected)


def test_changed_database_is_refused(protected: Stack) -> None:
    before = protected.settings["existing"]
    protected.set(existing=merged(before, database="other"))
    printed = protected.fails("preview")
    assert "Coder would change from the database" in printed
    assert "and lose its users and workspaces" in printed
    protected.fails("up", "--yes")
    protected.set(existing=before)
    assert_unchanged(protected)


def test_skipped_password_generation_is_refused(protected: Stack) -> None:
    printed = protected.set(passwordGeneration=3).fails("preview")
    assert "passwordGeneration: is 3 and was 1, must be 1 or 2" in printed
    protected.set(passwordGeneration=1)
    assert_unchanged(protected)


@pytest.mark.parametrize("words", [("destroy", "--yes"), ("destroy", "--yes", "--run-program")])
def test_destroy_is_refused_before_any_change(protected: Stack, words: tuple[str, ...]) -> None:
    printed = protected.fails(*words)
    assert "is protected; to allow it: pulumi config set protect false, then pulumi up" in printed
    assert_unchanged(protected)


def test_lost_state_is_taken_back_by_the_printed_commands(protected: Stack) -> None:
    releases = len(history(protected))
    lose = ["state", "delete", "--all", "--force", "--yes", "--stack", protected.name]
    subprocess.run([sys.executable, "-m", "sandbox", "pulumi", *lose], cwd=ROOT, check=True)
    assert kinds(import_all(protected)) == {"Namespace", "Secret", "Release", "ConfigMap"}
    protected.up()
    assert_unchanged(protected)
    assert len(history(protected)) <= releases + 1, "the release was installed again"


def test_unprotected_stack_is_destroyed_and_keeps_the_database(protected: Stack) -> None:
    printed = protected.follow("Destroy for good")
    assert "`pulumi destroy` leaves database coder on protected.coder.internal" in printed
    assert not kubectl("get", "namespace", "protected", "--ignore-not-found", "-o", "name")
    kept = protected.server.sql("SELECT name FROM users WHERE name = 'grace'", "coder")
    assert kept == "grace"
