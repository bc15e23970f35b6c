"""Tests see no other process of this machine."""

import pytest

from recovery import processes


@pytest.fixture(autouse=True)
def init(monkeypatch: pytest.MonkeyPatch) -> None:
    only = processes.Process(id=1, parent=0, command="/sbin/init")
    monkeypatch.setattr(processes, "running", lambda: {1: only})
