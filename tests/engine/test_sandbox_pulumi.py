"""`python -m sandbox pulumi` and `recover`: overrides, new stacks, repair after a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from sandbox.engine import wrappers
from sandbox.engine.cli import Command
from sandbox.machine import paths


class Home:
    """A separate sandbox without running services, and a project in it."""

    def __init__(self, folder: Path, path: str) -> None:
        self.state = folder / "home" / paths.STATE.name / "pulumi"
        self.project = folder / "project"
        self.cloud = folder / "cloud"
        for directory in (self.state, self.project, self.cloud):
            directory.mkdir(parents=True)
        wrappers.install_plugin("toy", "1.0.0", "tests.engine.toy", self.state / "home")
        (self.project / "Pulumi.yaml").write_text("name: coder\nruntime: python\n")
        self.settings = self.project / "Pulumi.dev.yaml"
        self.settings.write_text("config: {}\n")
        self.environment = {
            **os.environ,
            "CODER_SANDBOX_HOME": str(folder / "home"),
            "TOY_CLOUD": str(self.cloud),
            "PATH": path,
            "NO_COLOR": "1",
        }

    def program(self, text: str) -> None:
        header = (Path(__file__).parent / "toy_sdk.py").read_text()
        (self.project / "__main__.py").write_text(f"{header}\n{text}\n")

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", *words],
            cwd=paths.ROOT,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, *words: str) -> str:
        process = self.start(*words)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output
        return output

    def pulumi(self, *words: str) -> str:
        return self.run("pulumi", *words, "-C", str(self.project))


@pytest.fixture
def home(tmp_path: Path, engine: dict[str, str]) -> Home:
    return Home(tmp_path, engine["PATH"])


def test_stack_is_created_and_its_file_is_unchanged(home: Home) -> None:
    home.settings.write_text(
        "encryptionsalt: of-another-machine\n"
        "config: {coder:size: '5', coder:word: {secure: v1:unreadable}}\n"
    )
    before = home.settings.read_text()
    home.program(
        "config = pulumi.Config()\n"
        "thing = Thing('a', size=config.require_int('size'),\n"
        "    password=config.require_secret('word'))\n"
        "pulumi.export('word', thing.inputs['password'])"
    )
    output = home.pulumi("up", "--yes", "--skip-preview")
    assert "word = [secret, generated in place of the encrypted one]" in output
    assert home.settings.read_text() == before
    made = next(home.cloud.iterdir()).read_text()
    word = yaml.safe_load(made)["password"]
    assert len(word) >= 24
    assert word not in output
    for file in home.state.rglob("*"):
        if file.is_file() and word.encode() in file.read_bytes():
            assert file.parent.name == "passwords"
            assert file.stat().st_mode & 0o077 == 0, "only its owner may read a password"
    assert "2 unchanged" in home.pulumi("preview"), "what was generated stays"
    assert "[secret]" in home.run("pulumi", "stack", "output", "-s", "dev")


def test_state_of_a_killed_update_is_repaired(home: Home) -> None:
    assert "nothing to repair" in home.run("recover", "dev"), "there is no stack yet"
    home.program("Thing('a', size=1, sleep=60)")
    running = home.start("pulumi", "up", "--yes", "--skip-preview", "-C", str(home.project))
    end = time.monotonic() + 20
    while not list(home.cloud.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    refused = home.start("recover", "dev").communicate(timeout=30)[0]
    assert "is being updated by process" in refused
    os.kill(int(children[0]), signal.SIGKILL)
    running.wait()
    output = home.run("recover", "dev")
    assert "Released the lock" in output
    assert "a (toy:index:Thing) was interrupted while creating" in output
    assert "if a exists" in output
    assert "nothing to repair" in home.run("recover", "dev")


@pytest.mark.parametrize("words", [["up"], ["pulumi", "preview"], ["pulumi", "stack", "ls"]])
def test_stacks_of_an_older_sandbox_are_refused(home: Home, words: list[str]) -> None:
    home.run("pulumi", "stack", "ls")
    (marker,) = home.state.glob("version-*")
    marker.rename(marker.with_name("version-1"))
    process = home.start(*words)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == (
        "error: the stacks here were brought up by another version of the sandbox; to begin anew: "
        f"`make down && rm -r {home.state.parent}`\n"
    )


def test_missing_settings_file_is_reported(home: Home) -> None:
    process = home.start("pulumi", "preview", "-C", str(home.project), "--stack", "prod")
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "there is no Pulumi.prod.yaml" in output
    assert "there is Pulumi.dev.yaml" in output


@pytest.mark.parametrize(
    ("line", "stack", "wanted", "configured"),
    [
        ("up --yes", None, True, True),
        ("preview --diff -s prod", "prod", True, True),
        ("--stack=prod destroy", "prod", True, True),
        ("config set size 3", None, True, False),
        ("config get size", None, True, True),
        ("stack output --json", None, True, False),
        ("stack ls", None, False, False),
        ("stack init prod", None, False, False),
        ("up --help", None, False, False),
        ("version", None, False, False),
    ],
)
def test_commands_get_only_the_options_that_they_accept(
    line: str, stack: str | None, wanted: bool, configured: bool
) -> None:
    command = Command(line.split())
    assert (command.stack, command.stack_wanted, command.configured) == (stack, wanted, configured)


def test_removing_a_stack_keeps_its_settings_file() -> None:
    assert Command(["stack", "rm", "dev"]).removes_stack


def test_ctrl_c_is_left_to_the_cli(home: Home, tmp_path: Path) -> None:
    slow = tmp_path / "pulumi"
    slow.write_text(
        "#!/bin/sh\ntrap 'sleep 1; echo ended; exit 3' INT\necho started\n"
        "while :; do sleep 0.1; done\n"
    )
    slow.chmod(0o755)
    home.environment["PATH"] = f"{tmp_path}{os.pathsep}{home.environment['PATH']}"
    running = home.start("pulumi", "version")
    try:
        assert running.stdout
        assert running.stdout.readline() == "started\n"
        # As a terminal does: to all processes of the group.
        os.killpg(running.pid, signal.SIGINT)
        said, _ = running.communicate(timeout=30)
    finally:
        running.kill()
    assert (running.returncode, said) == (3, "ended\n")
