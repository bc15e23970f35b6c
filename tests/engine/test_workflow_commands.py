"""The commands of the workflows, on a project that `pulumi new` made, with the real engine."""

import json
import subprocess
import tempfile
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from ci.preview import preview
from tests import git_server, project
from tests.conftest import ROOT
from tests.documents import shell_blocks
from tests.engine.aws import AwsStack
from tests.github import GitHub

PROGRAM = (ROOT / "tests" / "engine" / "toy_sdk.py").read_text()
SECRET = "pl4nted-canary"


class Project:
    """A new project, in a repository on GitHub."""

    def __init__(self, folder: Path, engine: dict[str, str]) -> None:
        self.github = GitHub(folder / "github")
        self.things = folder / "cloud"
        backend = folder / "backend"
        for directory in (self.things, backend):
            directory.mkdir()
        self.environment = {
            **engine,
            **self.github.environment(engine["PATH"]),
            "NO_COLOR": "1",
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "RUNNER_TEMP": str(folder),
            "GITHUB_ENV": str(folder / "env"),
            "GITHUB_OUTPUT": str(folder / "output"),
            "TOY_CLOUD": str(self.things),
            # A secret that is not set is empty.
            "KUBECONFIG_CONTENT": "",
            "PULUMI_ACCESS_TOKEN": "",
        }
        words = ("--stack", "prod", "-c", "size=large", "-c", "aws:region=eu-central-1")
        self.folder = project.new(folder, self.environment, *words)

    def asks_for(self, size: int) -> None:
        """Make the toy's program out of the project's own."""
        thing = f'Thing("a", size={size}, password=pulumi.Output.secret("{SECRET}"))'
        (self.folder / "__main__.py").write_text(f"{PROGRAM}\n{thing}\n")

    def make(self, target: str, **variables: str) -> CompletedProcess[str]:
        return project.make(self.folder, self.environment | variables, target)

    def good(self, target: str, **variables: str) -> str:
        done = self.make(target, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def thing(self) -> dict[str, object]:
        [file] = self.things.iterdir()
        return json.loads(file.read_text())

    def change_by_hand(self, **values: object) -> None:
        [file] = self.things.iterdir()
        file.write_text(json.dumps(self.thing() | values))


@pytest.fixture(scope="module")
def own(engine: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("workflows"), engine)


def test_template_makes_a_whole_project(own: Project) -> None:
    made = {path.name for path in own.folder.iterdir()} - {"venv"}
    committed = {path.name for path in (own.folder.parent / "template").iterdir()}
    assert made - {"Pulumi.prod.yaml"} == committed
    settings = yaml.safe_load((own.folder / "Pulumi.prod.yaml").read_text())
    assert settings.pop("encryptionsalt")
    assert settings == {
        "config": {
            "aws:region": "eu-central-1",
            "coder:chartVersion": "2.38.8",
            "coder:cloud": "aws",
            "coder:size": "large",
        }
    }
    source, copy = (
        yaml.safe_load((folder / "Pulumi.yaml").read_text()) for folder in (ROOT, own.folder)
    )
    template = source.pop("template")
    tags = copy["config"].pop("pulumi:tags")["value"]
    assert tags.keys() == {"pulumi:template"}, "what `pulumi new` adds"
    assert copy == source, "the schema of the settings and the runtime stay"
    asked = template["config"]
    assert asked.keys() <= source["config"].keys()
    assert all(set(each) == {"description", "default"} for each in asked.values())


def test_template_is_taken_from_a_git_url(engine: dict[str, str], tmp_path: Path) -> None:
    teams = (ROOT / "docs" / "teams.md").read_text()
    [block] = [each for each in shell_blocks(teams) if each.startswith("pulumi new ")]
    folders = [tmp_path / name for name in ("server", "copy", "project")]
    for folder in folders:
        folder.mkdir()
    server, _, own = folders
    files = project.copy(tmp_path / "copy")
    with git_server.serve(files, server) as (address, authority):
        command = block.replace("https://github.com/OWNER/REPOSITORY", address)
        environment = engine | {"SSL_CERT_FILE": str(authority)}
        subprocess.run(["sh", "-ec", command], cwd=own, env=environment, check=True)
    made, committed = (
        {path.relative_to(each) for path in each.rglob("*")} for each in (own, files)
    )
    assert made == committed


def test_new_project_with_a_stack_of_its_own_passes_the_tests(own: Project) -> None:
    """Those that read the settings, the stack files and the documents, which are now its own."""
    names = ("ci", "documents", "makefile", "readme", "settings", "stack_files", "workflows")
    files = [f"tests/unit/test_{name}.py" for name in names]
    command = ["venv/bin/python", "-m", "pytest", "-n0", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=own.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_stacks_and_kubeconfig(own: Project) -> None:
    assert own.good("stacks") == 'stacks=["prod"]\n'
    own.github.program("aws", '#!/bin/sh\necho "$@" >"$KUBECONFIG"\n')
    file = own.folder / "Pulumi.prod.yaml"
    text = file.read_text()
    file.write_text(f"{text}  coder:cluster:\n    name: mine\n")
    own.good("kubeconfig", STACK="prod")
    written = (own.folder.parent / "kubeconfig").read_text()
    assert written == "eks update-kubeconfig --name=mine --region=eu-central-1\n"


@pytest.mark.parametrize("target", ["kubeconfig", "comment", "deploy", "drift"])
def test_no_command_takes_the_sample_by_default(own: Project, target: str) -> None:
    done = own.make(target)
    assert done.returncode != 0
    assert f"STACK is missing: type `make {target} STACK=prod`" in done.stderr


def test_a_change_is_commented_deployed_and_watched(own: Project) -> None:
    github = own.github
    own.asks_for(1)
    own.good("comment", STACK="prod", PULL_REQUEST="7")
    assert "1 to be made" in github.comments[0]["body"]
    assert not list(own.things.iterdir()), "a preview makes nothing"

    own.good("deploy", STACK="prod")
    assert own.thing()["size"] == 1
    own.good("drift", STACK="prod")
    assert not github.issues

    own.change_by_hand(size=5)
    own.good("drift", STACK="prod")
    assert own.thing()["size"] == 5, "it only looks"
    [issue] = github.issues
    assert "Stack `prod` has drifted" in issue["body"]
    assert "1 to be changed" in issue["body"]

    (own.folder / "__main__.py").write_text(f"{PROGRAM}\nraise pulumi.RunError('zone: x')\n")
    failed = own.make("drift", STACK="prod")
    assert failed.returncode != 0
    assert "zone: x" in failed.stderr
    assert "could not be compared" in github.issues[0]["body"]
    refused = own.make("comment", STACK="prod", PULL_REQUEST="7")
    assert refused.returncode != 0
    [comment] = github.comments
    assert "**Refused:**" in comment["body"]
    assert own.make("deploy", STACK="prod").returncode != 0

    own.asks_for(5)
    own.change_by_hand(size=1)
    own.good("deploy", STACK="prod")
    own.good("drift", STACK="prod")
    assert github.issues[0]["state"] == "closed"
    shown = f"{github.comments}{github.issues}{github.summary.read_text()}{failed.stderr}"
    assert SECRET not in shown
    assert not list(own.folder.parent.rglob("plan.json"))


def test_violated_policies_are_in_the_comment(
    engine: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = AwsStack(tmp_path / "coder", engine).set(backupDays=1)
    monkeypatch.chdir(stack.folder)
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = preview(stack.name, "pulumi", ["--policy-pack", str(ROOT / "policy")])
    assert (found.violates, found.failed) == (True, False), "all changes are known"
    assert "`backups` (`mandatory`) is violated by `postgres-server`" in found.text
    assert "backupRetentionPeriod: is 1" in found.text
    assert not list(tmp_path.rglob("events")), "it holds all inputs, and is not kept"
