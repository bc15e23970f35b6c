"""A stack whose state was lost: all that it made is still in the cluster."""

import re
import shlex
import subprocess
import sys

from tests.conftest import ROOT
from tests.sandbox.conftest import Make
from tests.sandbox.stack import Stack

IMPORT = re.compile(r"pulumi (import kubernetes:\S+ .*)")


def test_what_exists_is_refused_and_the_printed_commands_take_it_back(make: Make) -> None:
    stack = make("lost", chartVersion="2.38.8")
    stack.up()
    stack.coder().add_user("ada")
    revision = _revision(stack)
    _lose_state(stack)
    printed = stack.fails("preview")
    first = re.search(r"pulumi (up --target .*)\)", printed)
    assert first, printed
    result = stack.run(*shlex.split(first[1]), "--yes", "--skip-preview")
    assert result.returncode == 0, result.stdout
    imported = _import_all(stack)
    assert {"Namespace", "Secret", "Release", "ConfigMap"} <= imported
    stack.up()
    stack.unchanged()
    assert stack.coder().users() == ["ada"]
    assert _revision(stack) in (revision, revision + 1)


def _lose_state(stack: Stack) -> None:
    words = ["state", "delete", "--all", "--force", "--yes", "--stack", stack.name]
    subprocess.run([sys.executable, "-m", "sandbox", "pulumi", *words], cwd=ROOT, check=True)
    assert not stack.state()["deployment"].get("resources")


def _import_all(stack: Stack) -> set[str]:
    """Run the imports that previews print until one succeeds; returns the imported kinds."""
    kinds = set[str]()
    for _ in range(5):
        preview = stack.run("preview")
        if preview.returncode == 0:
            return kinds
        commands = set(IMPORT.findall(preview.stdout))
        assert commands, preview.stdout
        for command in commands:
            words = shlex.split(command)
            done = stack.run(*words, "--yes", "--skip-preview")
            assert done.returncode == 0, done.stdout
            kinds.add(words[1].rpartition(":")[2])
    raise AssertionError("the previews go on naming what exists")


def _revision(stack: Stack) -> int:
    """Of the Helm release."""
    [release] = [
        resource
        for resource in stack.state()["deployment"]["resources"]
        if resource["type"].endswith(":Release")
    ]
    return release["outputs"]["status"]["revision"]
