"""examples/consumer backs up the database of a real stack, before and after a rotation."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox.machine import paths
from sandbox.postgres import installations
from tests.conftest import ROOT
from tests.sandbox.conftest import Make
from tests.sandbox.stack import Stack, kubectl, wait

NAME = "consumed"
VOLUME = paths.STATE / "backups"
ENFORCE = "pod-security.kubernetes.io/enforce"


class Consumer:
    """The project of examples/consumer, on the stack of this test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "consumer"
        ignored = shutil.ignore_patterns("venv", "__pycache__")
        shutil.copytree(ROOT / "examples" / "consumer", self.folder, ignore=ignored)
        (self.folder / "venv").symlink_to(ROOT / "venv")
        config = {"coderStack": f"organization/coder/{NAME}", "keep": 2}
        settings = {"config": {f"coder-backup:{key}": value for key, value in config.items()}}
        (self.folder / "Pulumi.main.yaml").write_text(yaml.safe_dump(settings))
        self.printed = ""

    def run(self, *words: str) -> str:
        command = [sys.executable, "-m", "sandbox", "pulumi", *words]
        done = subprocess.run(
            [*command, "-C", str(self.folder), "--stack", "main"],
            cwd=ROOT,
            env=os.environ | {"NO_COLOR": "1"},
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.printed += done.stdout + done.stderr
        return done.stdout

    def up(self, *words: str) -> str:
        return self.run("up", "--yes", "--skip-preview", *words)

    @property
    def cron_job(self) -> str:
        return json.loads(self.run("stack", "output", "--json"))["cronJob"]

    def back_up(self, job: str) -> str:
        """Run the CronJob's Job by hand, as the README says; returns its log."""
        kubectl("-n", NAME, "create", "job", job, f"--from=cronjob/{self.cron_job}")
        wait(f"Job {job}", lambda: _conditions(job) & {"Complete", "Failed"})
        log = kubectl("-n", NAME, "logs", f"job/{job}")
        assert "Complete" in _conditions(job), log
        self.printed += log
        return log


def _conditions(job: str) -> set[str]:
    found = json.loads(kubectl("-n", NAME, "get", "job", job, "-o", "json"))
    return {each["type"] for each in found["status"].get("conditions", ())}


def _dumps() -> list[Path]:
    return sorted(VOLUME.glob("coder-*.dump"))


def _user(job: str) -> str:
    found = json.loads(kubectl("-n", NAME, "get", "job", job, "-o", "json"))
    [container] = found["spec"]["template"]["spec"]["containers"]
    return next(each["value"] for each in container["env"] if each["name"] == "PGUSER")


@pytest.fixture(scope="module")
def coder(make: Make) -> Iterator[Stack]:
    stack = make(NAME)
    stack.up()
    stack.coder().add_user("ada")
    VOLUME.mkdir()
    os.chown(VOLUME, 70, 70)
    volume = yaml.safe_load((ROOT / "examples" / "consumer" / "volume.yaml").read_text())
    volume["spec"]["hostPath"]["path"] = str(VOLUME)
    manifest = VOLUME.with_name("volume.json")
    manifest.write_text(json.dumps(volume))
    kubectl("apply", "-f", str(manifest))
    yield stack
    kubectl("delete", "persistentvolume", "coder-backups", "--wait=false")


@pytest.fixture(scope="module")
def consumer(coder: Stack, tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    made = Consumer(tmp_path_factory.mktemp("projects"))
    made.up()
    return made


def test_backup_of_the_stack_is_verified(consumer: Consumer) -> None:
    # Not longer: the program refuses chart values that the label would refuse.
    kubectl("label", "namespace", NAME, f"{ENFORCE}=restricted")
    said = consumer.back_up("first")
    kubectl("label", "namespace", NAME, f"{ENFORCE}-")
    assert "tables verified, 1 backups kept" in said
    assert _user("first") == "coder_blue"
    [dump] = _dumps()
    digest = hashlib.sha256(dump.read_bytes()).hexdigest()
    assert dump.with_name(f"{dump.name}.sha256").read_text() == f"{digest}  {dump.name}\n"
    restore = [installations.bin_directory("17") / "pg_restore", "-f", "-", "--data-only", dump]
    assert "ada" in subprocess.run(restore, check=True, capture_output=True, text=True).stdout


def test_second_update_changes_nothing(consumer: Consumer) -> None:
    consumer.up("--expect-no-changes")


def test_backups_go_on_after_a_rotation(coder: Stack, consumer: Consumer) -> None:
    coder.set(passwordGeneration=2).up()
    consumer.back_up("second")
    assert _user("second") == "coder_blue", "the consumer has not read the outputs again"
    consumer.up()
    oldest = _dumps()[0]
    assert "2 backups kept" in consumer.back_up("third")
    assert _user("third") == "coder_green"
    assert oldest not in _dumps()
    consumer.up("--expect-no-changes")


def test_two_rotations_that_the_consumer_missed_stop_no_backup(
    coder: Stack, consumer: Consumer
) -> None:
    coder.set(passwordGeneration=3).up()
    coder.set(passwordGeneration=4).up()
    consumer.back_up("fourth")
    assert _user("fourth") == "coder_green"


def test_no_password_leaves_the_secrets(consumer: Consumer) -> None:
    secrets = json.loads(kubectl("-n", NAME, "get", "secrets", "-o", "json"))["items"]
    passwords = [
        each["data"]["password"]
        for each in secrets
        if each["metadata"]["name"].startswith("coder-db-")
    ]
    assert len(passwords) == 2
    objects = kubectl("-n", NAME, "get", "cronjobs,jobs,pods,events,pvc", "-o", "yaml")
    state = consumer.run("stack", "export", "--show-secrets")
    everywhere = objects + state + consumer.printed
    for encoded in passwords:
        assert encoded not in everywhere
        assert base64.b64decode(encoded).decode() not in everywhere


def test_backups_outlive_the_consumer(consumer: Consumer) -> None:
    before = _dumps()
    claim = json.loads(consumer.run("stack", "output", "--json"))["volumeClaim"]
    consumer.run("destroy", "--yes", "--skip-preview")
    assert kubectl("-n", NAME, "get", "pvc", claim, "-o", "name")
    assert _dumps() == before
    assert not kubectl("-n", NAME, "get", "cronjobs", "-o", "name")
