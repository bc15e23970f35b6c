"""An image without a program that the Jobs need is named as the cause."""

import shutil
from pathlib import Path

import pytest

from tests.unit.test_scripts import Runner, preflight

PROGRAMS = ["awk", "cat", "date", "grep", "head", "sed", "sh", "sort", "tee", "tr", "wc"]


class Image(Runner):
    """An image with a shell and common programs, without one of them."""

    def __init__(self, path: Path, missing: str) -> None:
        super().__init__(path)
        self.missing = missing
        self.bin = path / "bin"
        self.bin.mkdir()
        for program in {*PROGRAMS} - {missing}:
            found = shutil.which(program)
            assert found
            (self.bin / program).symlink_to(found)

    def program(self, name: str, text: str) -> None:
        if name != self.missing:
            super().program(name, text)


def image(path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> Image:
    made = Image(path, missing)
    (path / "asked").touch()
    monkeypatch.setenv("PATH", str(made.bin))
    return made


@pytest.mark.parametrize("scripts", ["coder/preflight", "coder/aftercheck", "database/roles"])
@pytest.mark.parametrize("missing", ["awk", "psql", "sed"])
def test_a_missing_program_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, scripts: str
) -> None:
    result = image(tmp_path, monkeypatch, missing)("kubernetes/connect", scripts)
    assert result.code == 1
    assert result.said.rstrip() == (
        f"toolsImage: the image has no {missing}; set toolsImage to an image with the programs of "
        "PostgreSQL 16 or later, for example docker.io/library/postgres:17.6-alpine"
    )


def test_a_missing_pgbench_is_one_of_the_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = image(tmp_path, monkeypatch, "pgbench")
    result = preflight(run)
    assert result.problems == [
        "toolsImage: the image has no pgbench; set toolsImage to an image that has it, or "
        "latencyGate to off"
    ]
    result = preflight(run, LATENCY_GATE="off")
    assert result.code == 0, result.printed
