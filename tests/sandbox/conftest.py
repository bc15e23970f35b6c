"""Fixtures: a new sandbox for the tests of this folder, and functions that create stacks in it."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sandbox.machine import paths
from tests import permissions
from tests.conftest import ROOT
from tests.sandbox.aws import AwsStack
from tests.sandbox.azure import AzureStack
from tests.sandbox.gcp import GcpStack
from tests.sandbox.stack import Stack

Make = Callable[..., Stack]
MakeAws = Callable[..., AwsStack]
MakeAzure = Callable[..., AzureStack]
MakeGcp = Callable[..., GcpStack]
Kind = TypeVar("Kind", bound=Stack)


@pytest.fixture(autouse=True)
def _permissions() -> Iterator[None]:
    """Fail if a request to a simulated cloud needed what no file in permissions/ grants."""
    yield
    permissions.check(paths.STATE)


@pytest.fixture(scope="session")
def sandbox_up() -> None:
    """Start a new, empty sandbox for all tests of the session."""
    command = [sys.executable, "-m", "sandbox"]
    # State of an earlier run must not affect this one.
    subprocess.run([*command, "down"], cwd=ROOT, check=True)
    shutil.rmtree(paths.STATE, ignore_errors=True)
    subprocess.run([*command, "up"], cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def make(sandbox_up: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Makes stacks of `cloud: existing`."""
    yield from _maker(Stack, tmp_path_factory.mktemp("stacks"))


@pytest.fixture(scope="module")
def make_aws(sandbox_up: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeAws]:
    """Makes stacks of `cloud: aws`."""
    yield from _maker(AwsStack, tmp_path_factory.mktemp("stacks"))


@pytest.fixture(scope="module")
def make_azure(sandbox_up: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeAzure]:
    """Makes stacks of `cloud: azure`."""
    yield from _maker(AzureStack, tmp_path_factory.mktemp("stacks"))


@pytest.fixture(scope="module")
def make_gcp(sandbox_up: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeGcp]:
    """Makes stacks of `cloud: gcp`."""
    yield from _maker(GcpStack, tmp_path_factory.mktemp("stacks"))


def _maker(kind: type[Kind], folder: Path) -> Iterator[Callable[..., Kind]]:
    stacks: list[Kind] = []

    def make(name: str, **settings: Any) -> Kind:
        stack = kind(name, folder, **settings)
        stacks.append(stack)
        return stack

    yield make
    for stack in stacks:
        stack.discard()
