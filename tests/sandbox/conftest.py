"""One sandbox for all tests of this folder, brought up before and taken down after them."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.machine import paths
from tests.conftest import ROOT
from tests.sandbox.stack import Stack

Make = Callable[..., Stack]


@pytest.fixture(scope="session")
def sandbox_up() -> Iterator[None]:
    """The sandbox of the tests, apart from the one that `make up` uses."""
    command = [sys.executable, "-m", "sandbox"]
    # What an earlier run left must not decide how this one ends.
    subprocess.run([*command, "down"], cwd=ROOT, check=True)
    shutil.rmtree(paths.STATE, ignore_errors=True)
    subprocess.run([*command, "up"], cwd=ROOT, check=True)
    yield
    subprocess.run([*command, "down"], cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def make(sandbox_up: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Makes stacks that are taken down, with their servers, when the module's tests are through."""
    folder: Path = tmp_path_factory.mktemp("stacks")
    stacks: list[Stack] = []

    def make(name: str, **settings: Any) -> Stack:
        stack = Stack(name, folder, **settings)
        stacks.append(stack)
        return stack

    yield make
    for stack in stacks:
        stack.destroy()
