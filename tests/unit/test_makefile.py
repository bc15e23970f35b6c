"""`make` alone prints the help, and the documents name only commands that exist."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.documents import DOCUMENTS, shell_blocks

MAKEFILE = (ROOT / "Makefile").read_text()
DESCRIBED = dict(re.findall(r"^([a-z-]+):.*## (.+)$", MAKEFILE, re.MULTILINE))


def test_every_command_is_described() -> None:
    phony = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert set(" ".join(phony).split()) == set(DESCRIBED)


def test_make_alone_prints_the_help() -> None:
    assert _make("--dry-run") == _make("--dry-run", "help")


def test_help_lists_every_command_with_its_description() -> None:
    listed = dict(re.findall(r"^make ([a-z-]+) +(.+)$", _make("help"), re.MULTILINE))
    assert listed == DESCRIBED


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_only_commands_that_exist(document: Path) -> None:
    assert _commands(document.read_text()) <= set(DESCRIBED)


def test_readme_names_the_commands_to_begin_with() -> None:
    assert _commands((ROOT / "README.md").read_text()) >= {"up", "test", "down", "preview"}


def _commands(text: str) -> set[str]:
    typed = re.findall(r"^make ([a-z-]+)", "".join(shell_blocks(text)), re.MULTILINE)
    return {*typed, *re.findall(r"`make ([a-z-]+)", text)}


@pytest.mark.parametrize("command", ["up", "preview"])
def test_stacks_run_with_the_policy_pack_unless_it_is_switched_off(command: str) -> None:
    assert f"pulumi {command} " in _make("--dry-run", command)
    assert "--policy-pack policy" in _make("--dry-run", command)
    assert "--policy-pack" not in _make("--dry-run", command, "POLICIES=")


WITH_POLICIES = ("up", "preview", "comment", "simulated-comment", "deploy", "drift")


@pytest.mark.parametrize("command", WITH_POLICIES)
def test_configuration_of_the_policies_is_used_if_the_project_has_one(
    command: str, tmp_path: Path
) -> None:
    file = ("--file", str(ROOT / "Makefile"), "--directory", str(tmp_path))
    for requirements in ("requirements.txt", "requirements-dev.txt", "policy/requirements.txt"):
        path = tmp_path / requirements
        path.parent.mkdir(exist_ok=True)
        path.touch()
    asked = ("--dry-run", *file, command, "STACK=prod")
    without = _make(*asked)
    assert "--policy-pack policy" in without
    assert "--policy-pack-config" not in without
    (tmp_path / "policies.json").touch()
    assert "--policy-pack policy --policy-pack-config policies.json" in _make(*asked)
    assert "--policy-pack" not in _make(*asked, "POLICIES=")


def _make(*arguments: str) -> str:
    command = ["make", "--no-print-directory", *arguments]
    # not the flags of a `make test` that runs this test
    environment = {key: value for key, value in os.environ.items() if key != "MAKEFLAGS"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout
