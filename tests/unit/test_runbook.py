"""Each recipe of the runbook has all its parts, and a test that types its commands."""

import ast
import os
import re
from pathlib import Path

import pytest

from tests import recipes
from tests.conftest import ROOT
from tests.documents import shell_blocks
from tests.recipes import Typist

RECIPES = recipes.recipes()
each_recipe = pytest.mark.parametrize("title", RECIPES)
PARTS = ("**When:**", "**Interrupts:**", "**It worked if**", "**If it fails:**")
PROGRAMS = ("kubectl", "pulumi", "venv/bin/python -m recovery")


def typed() -> list[tuple[str, int]]:
    """The recipes, and the numbers of their blocks, that tests with a real engine type."""
    files = [*ROOT.glob("tests/engine/test_*.py"), *ROOT.glob("tests/sandbox/*.py")]
    calls = [
        node
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".follow")
    ]
    return [
        (
            ast.literal_eval(call.args[0]),
            next(
                (ast.literal_eval(each.value) for each in call.keywords if each.arg == "block"), 0
            ),
        )
        for call in calls
    ]


def test_every_recipe_is_typed_by_a_test_and_every_test_types_a_recipe() -> None:
    written = {
        (title, block)
        for title, text in RECIPES.items()
        for block in range(len(shell_blocks(text)))
    }
    assert set(typed()) == written


@each_recipe
def test_recipe_says_when_what_it_interrupts_whether_it_worked_and_what_else(title: str) -> None:
    found = [part for part in re.findall(r"^\*\*[^*]+\*\*", RECIPES[title], re.MULTILINE)]
    assert [part for part in found if part in PARTS] == list(PARTS)
    assert shell_blocks(RECIPES[title]), "it has no commands"


@each_recipe
def test_commands_are_of_programs_that_tests_have(title: str) -> None:
    for block in shell_blocks(RECIPES[title]):
        for line in block.splitlines():
            assert line.startswith(PROGRAMS), line


@pytest.fixture
def typist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typist:
    """Types into a runbook of its own, where `pulumi` prints how it was called."""
    runbook = tmp_path / "runbook.md"
    grow = "### Grow\n\n```sh\npulumi config set a old\npulumi up # x\n```\n"
    fail = "### Fail\n\n```sh\nfalse # wrong\npulumi stack output b\n```\n"
    runbook.write_text(f"# Runbook\n\n## Recipes\n\n{grow}\n{fail}\n## More\n")
    monkeypatch.setattr(recipes, "RUNBOOK", runbook)
    real = tmp_path / "bin" / "pulumi"
    real.parent.mkdir()
    real.write_text('#!/bin/sh\necho "real $@"\n')
    real.chmod(0o755)
    return Typist(
        tmp_path,
        {"PATH": f"{real.parent}:{os.environ['PATH']}"},
        "dev",
        tmp_path / "programs",
        settings=("--config-file", "x.yaml"),
    )


def test_commands_are_typed_with_the_tests_names_on_its_stack(typist: Typist) -> None:
    said = typist.type("Grow", {"old": "new"}, block=0, fails="", typed="")
    assert said.splitlines() == [
        "$ pulumi config set a new",
        "real config set a new --config-file x.yaml --stack dev",
        "$ pulumi up # x",
        "real up --yes --skip-preview --config-file x.yaml --stack dev",
    ]


def test_a_name_that_the_recipe_does_not_have_is_an_error(typist: Typist) -> None:
    with pytest.raises(AssertionError, match="Grow: the commands do not contain other"):
        typist.type("Grow", {"other": "new"}, block=0, fails="", typed="")


def test_a_command_that_fails_or_that_should_have_failed_is_an_error(typist: Typist) -> None:
    assert "output b" in typist.type("Fail", {}, block=0, fails="wrong", typed="")
    with pytest.raises(AssertionError, match="false # wrong"):
        typist.type("Fail", {}, block=0, fails="", typed="")
    with pytest.raises(AssertionError, match="pulumi up"):
        typist.type("Grow", {}, block=0, fails="pulumi up", typed="")
