"""`python -m sandbox pulumi` and `recover`: overrides, new stacks, repair after a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from sandbox.engine import overlay, wrappers
from sandbox.engine.cli import Command
from sandbox.engine.overlay import Overrides
from sandbox.machine import paths
from sandbox.providers.azure_native.account import SUBSCRIPTION
from sandbox.providers.gcp.account import PROJECT, REGION


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


def test_settings_of_the_stack_are_not_overridden() -> None:
    given = {"coder:chartRepository": "mine", "coder:existing": {"adminPassword": "plain"}}
    overrides = Overrides(dict(given))
    overrides.put("chartRepository", "theirs")
    overrides.put_password("existing", "adminPassword", "generated")
    assert overrides.config == given
    assert not overrides.lines
    assert not overrides.passwords


def test_chart_repository_matches_the_flavour() -> None:
    for version, flavour in (("1.44.3", "classic"), ("2.0.0", "v2"), (None, "classic")):
        overrides = Overrides({"coder:chartVersion": version})
        overlay.common(overrides)
        assert overrides.config["coder:chartRepository"].endswith(f"/{flavour}")


def test_azure_uses_the_sandboxs_subscription_location_cluster_and_ca(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = SimpleNamespace(certificate_file="/ca.crt")
    monkeypatch.setattr(overlay.tls, "authority", lambda: authority)
    dev, managed = ({"name": name, "resourceGroup": "coder"} for name in ("dev", "managed"))
    overrides = Overrides(
        {"azure-native:location": "North Europe", "azure-native:subscriptionId": "mine"}
    )
    overlay._CLOUDS["azure"](overrides)
    assert overrides.config == {
        "coder:caCertificate": "/ca.crt",
        "coder:cluster": dev,
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": SUBSCRIPTION,
    }
    assert overrides.lines == [
        "caCertificate = /ca.crt",
        f"azure-native:subscriptionId = {SUBSCRIPTION}",
        "azure-native:location = westeurope",
        "cluster = dev, coder",
    ]
    given = {"azure-native:location": "westeurope", "coder:cluster": managed}
    overrides = Overrides(dict(given))
    overlay._CLOUDS["azure"](overrides)
    assert overrides.config == {**given, "coder:caCertificate": "/ca.crt"}


def test_settings_of_a_wrong_type_are_left_to_the_program() -> None:
    overrides = Overrides({"coder:existing": "host", "coder:cluster": 3})
    overrides.put("cluster", "x", "endpoint")
    overrides.put("existing", "x", "host")
    assert overrides.config == {"coder:existing": "host", "coder:cluster": 3}


def test_gcp_uses_the_sandboxs_project_region_and_cluster_and_no_other_ca() -> None:
    given = {"coder:cloud": "gcp", "gcp:project": "mine", "coder:cluster": {"name": "mine"}}
    overrides = Overrides(dict(given))
    overlay._CLOUDS["gcp"](overrides)
    used = {"gcp:project": PROJECT, "gcp:region": REGION}
    assert overrides.config == given | used | {"coder:cluster": {"name": "dev", "location": REGION}}
    assert overrides.lines == [
        f"gcp:project = {PROJECT}",
        f"gcp:region = {REGION}",
        f"cluster = dev, {REGION}",
    ]


def test_cluster_of_the_sandboxs_own_project_is_kept() -> None:
    zonal = {"name": "dev-zonal", "location": f"{REGION}-b"}
    overrides = Overrides({"coder:cloud": "gcp", "coder:cluster": zonal})
    overlay._CLOUDS["gcp"](overrides)
    assert overrides.get("cluster") == zonal


def test_aws_uses_the_sandboxs_region_and_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay.tls, "authority", lambda: SimpleNamespace(certificate_file="ca"))
    overrides = Overrides({"coder:cloud": "aws", "coder:cluster": {"name": "mine"}})
    overlay._CLOUDS["aws"](overrides)
    assert overrides.config["aws:region"] == "us-east-1"
    assert overrides.get("cluster") == {"name": "dev"}
