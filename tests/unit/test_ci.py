"""The workflows' commands: which stacks, which cluster, which comment and which issue."""

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci import kubeconfig, stacks
from ci.__main__ import main
from ci.github import MAX_LENGTH
from tests.conftest import ROOT
from tests.github import GitHub
from tests.unit.test_review import server, step

CANARY = "c4n4ry-of-a-setting"


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitHub:
    """A stand-in for GitHub, and no other workflow's environment."""
    for name in [*os.environ]:
        if name.startswith(("GITHUB_", "RUNNER_", "GH_", "PULL_REQUEST", "KUBECONFIG")):
            monkeypatch.delenv(name)
    found = GitHub(tmp_path / "github")
    for name, value in found.environment().items():
        monkeypatch.setenv(name, value)
    return found


PULUMI = """\
import sys
plan, code, events, *_, log = sys.argv[1:]
print(open(plan).read())
open(log, "w").write(events)
sys.exit(int(code))
"""


def run(
    folder: Path, command: str, document: Any, code: int = 0, *options: str, events: str = ""
) -> int:
    """A command with a `pulumi` that prints the document and ends with the code."""
    text = document if isinstance(document, str) else json.dumps(document, indent=4)
    (folder / "plan").write_text(text)
    pulumi = shlex.join([sys.executable, "-c", PULUMI, str(folder / "plan"), str(code), events])
    return main([command, "--stack", "prod", "--pulumi", pulumi, *options])


def plan(*steps: dict[str, Any], errors: tuple[str, ...] = ()) -> dict[str, Any]:
    diagnostics = [{"severity": "error", "message": f"error: {each}\n"} for each in errors]
    return {
        "config": {"coder:cloud": "aws", "coder:secret": CANARY},
        "steps": [*steps],
        "diagnostics": diagnostics,
    }


CHANGED = plan(server(instanceClass="db.m6i.xlarge"))
UNCHANGED = plan(step("a", "same"))
REFUSED = plan(step("a", "same"), errors=("The settings of stack prod can't be used:\n  zone: x",))


def test_samples_have_no_environment(tmp_path: Path) -> None:
    files = {file.name for file in ROOT.glob("Pulumi.*.yaml")}
    assert {f"Pulumi.{name}.yaml" for name in (*stacks.SAMPLES, *stacks.stacks(ROOT))} == files
    for name in ("prod", "dev", "my.prod", "team_a-1"):
        (tmp_path / f"Pulumi.{name}.yaml").touch()
    assert stacks.stacks(tmp_path) == ["my.prod", "prod", "team_a-1"]


@pytest.mark.parametrize("name", ["$(id)", "a b", "-prod", ""])
def test_name_that_no_stack_can_have_fails_in_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(stacks, "FOLDER", tmp_path)
    for each in (name, "prod"):
        (tmp_path / f"Pulumi.{each}.yaml").touch()
    assert main(["stacks"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: Pulumi.{name}.yaml: {name!r} can't be the name of a stack")


def test_comment_is_written_over_at_the_next_push(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULL_REQUEST", "7")
    mark = "<!-- coder-preview: prod -->"
    quoted, other = f"{mark} quoted\u2028by a person", "<!-- coder-preview: other -->"
    for body, kind in ((quoted, "User"), (other, "Bot")):
        github.add("comments", id=50, of="7", body=body, user={"type": kind})
    github.add("comments", id=60, of="8", body=mark, user={"type": "Bot"})
    assert run(tmp_path, "comment", UNCHANGED) == 0
    assert run(tmp_path, "comment", CHANGED) == 0
    *others, own = github.comments
    assert len(others) == 3
    assert own["of"] == "7"
    assert own["body"].startswith(f"{mark}\n")
    assert "`db.m6i.large` → `db.m6i.xlarge`" in own["body"]
    assert github.summary.read_text().count("### Preview of stack `prod`") == 2


def test_comment_of_a_refused_preview_fails_the_job(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("PULL_REQUEST", "7")
    assert run(tmp_path, "comment", REFUSED, 1) == 1
    assert "**Refused:**" in github.comments[0]["body"]
    assert "zone: x" in capsys.readouterr().err, "the log has the errors"
    # A policy's violation is an exit code, and no error of the plan.
    assert run(tmp_path, "comment", CHANGED, 1) == 1
    assert run(tmp_path, "comment", "error: no stack named prod", 255) == 1
    [only] = github.comments
    assert "**Failed** before there was a plan" in only["body"]
    assert "no stack named" not in only["body"]
    # As a later CLI may print it.
    run(tmp_path, "comment", CHANGED | {"new": CANARY}, 255)
    assert CANARY not in f"{capsys.readouterr()}{github.comments}"


def test_comment_without_a_pull_request_or_a_token_is_on_the_page_of_the_run(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.delenv("GH_TOKEN")
    assert run(tmp_path, "comment", CHANGED, 0, "--note", "Made in a simulated account.") == 0
    assert github.summary.read_text().startswith("Made in a simulated account.\n\n<!-- coder-")
    assert not github.calls
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert run(tmp_path, "comment", CHANGED) == 0
    assert "### Preview of stack `prod`" in capsys.readouterr().out


def test_no_value_of_a_setting_is_written_anywhere(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("PULL_REQUEST", "7")
    run(tmp_path, "comment", CHANGED)
    run(tmp_path, "drift", CHANGED, 7)
    said = capsys.readouterr()
    written = f"{github.comments}{github.issues}{github.summary.read_text()}"
    assert CANARY not in f"{said.out}{said.err}{written}"
    assert len(github.comments[0]["body"]) < MAX_LENGTH


def test_drift_opens_one_issue_keeps_it_and_closes_it(github: GitHub, tmp_path: Path) -> None:
    assert run(tmp_path, "drift", UNCHANGED) == 0
    assert not github.issues, "nothing to say"
    user = {"type": "User"}
    github.add("issues", number=90, state="open", user=user, body="<!-- coder-drift: prod -->")
    assert run(tmp_path, "drift", CHANGED, 7) == 0, "the issue says it"
    assert run(tmp_path, "drift", CHANGED, 7) == 0
    [_, own] = github.issues
    assert own["title"] == "Drift check of stack prod"
    assert "has drifted" in own["body"]
    assert "[this run](https://github.com/owner/coder/actions/runs/42)" in own["body"]
    assert run(tmp_path, "drift", REFUSED, 1) == 1, "nobody knows whether there is drift"
    [_, own] = github.issues
    assert "could not be compared" in own["body"]
    assert own["state"] == "open"
    assert run(tmp_path, "drift", UNCHANGED) == 0
    [other, own] = github.issues
    assert (other["state"], own["state"]) == ("open", "closed")
    assert "has no drift" in github.comments[0]["body"]
    assert run(tmp_path, "drift", CHANGED, 7) == 0
    assert [each["state"] for each in github.issues] == ["open", "closed", "open"]


def test_change_of_no_resource_is_drift(github: GitHub, tmp_path: Path) -> None:
    """As of a component or an output: the CLI counts it, and the plan has no step of a provider."""
    assert run(tmp_path, "drift", UNCHANGED, 7) == 0
    [issue] = github.issues
    assert "has drifted" in issue["body"]


@pytest.mark.parametrize("changed", [False, True])
def test_drift_of_a_stack_that_violates_a_policy_is_known(
    changed: bool, github: GitHub, tmp_path: Path
) -> None:
    violated = policy_event("mandatory")
    change = server(instanceClass="db.m6i.xlarge") if changed else step("a", "same")
    document = plan(change, errors=("preview failed",))
    assert run(tmp_path, "drift", document, 255, events=violated) == 0
    [issue] = github.issues
    assert "violates the policies below" in issue["body"]
    assert "`backups` (`mandatory`) is violated" in issue["body"]
    assert ("has drifted" in issue["body"]) == changed
    assert ("has no drift" in issue["body"]) != changed
    assert "The preview stopped" not in issue["body"]
    assert "**Refused:**" in issue["body"]
    assert run(tmp_path, "comment", document, 255, events=violated) == 1
    assert run(tmp_path, "drift", REFUSED, 255, events=violated) == 1
    assert "could not be compared" in github.issues[0]["body"]
    # A warning is no reason to keep an issue open, and none why a preview fails.
    assert run(tmp_path, "drift", UNCHANGED, 0, events=policy_event("advisory")) == 0
    assert github.issues[0]["state"] == "closed"
    document = plan(step("a", "same"), errors=("preview failed",))
    assert run(tmp_path, "drift", document, 255, events=policy_event("advisory")) == 1


def policy_event(level: str) -> str:
    event = {"policyName": "backups", "enforcementLevel": level, "message": "It is backed up."}
    return json.dumps({"policyEvent": event})


def test_drift_without_github_is_the_exit_code(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY")
    assert run(tmp_path, "drift", UNCHANGED) == 0
    assert run(tmp_path, "drift", CHANGED, 7) == 1
    assert run(tmp_path, "drift", REFUSED, 1) == 1
    assert not github.calls


def test_a_refused_request_is_one_line(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    github.program("gh", "#!/bin/sh\necho 'HTTP 403: Resource not accessible' >&2; exit 1\n")
    assert run(tmp_path, "drift", CHANGED, 7) == 1
    line = "`gh api repos/owner/coder/issues?state=open&per_page=100` failed: HTTP 403"
    assert capsys.readouterr().err.startswith(f"error: {line}")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(tmp_path, "drift", CHANGED, 7) == 1
    assert "`gh` is not on PATH" in capsys.readouterr().err


SAMPLE_COMMANDS = {
    "aws": ["aws eks update-kubeconfig --name=my-cluster --region=eu-central-1"],
    "azure": [
        "az aks get-credentials --name=my-cluster --resource-group=my-resource-group "
        "--overwrite-existing"
    ],
    "existing": [],
    "gcp": [
        "gcloud container clusters get-credentials my-cluster --location=europe-west3 "
        "--project=my-project"
    ],
}


@pytest.mark.parametrize("cloud", SAMPLE_COMMANDS)
def test_kubeconfig_is_written_by_the_clouds_cli(
    cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubeconfig.shutil, "which", lambda name: None)
    config = yaml.safe_load((ROOT / f"Pulumi.{cloud}.yaml").read_text())["config"]
    assert [*map(shlex.join, kubeconfig.commands(config))] == SAMPLE_COMMANDS[cloud]


def test_kubeconfig_has_the_context_that_the_stack_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubeconfig.shutil, "which", lambda name: name)
    cluster = {"name": "x", "project": "p", "resourceGroup": "g", "location": "l"}
    config = {"coder:cluster": cluster, "coder:kubeContext": "mine"}
    aws = [*kubeconfig.commands(config | {"coder:cloud": "aws"})]
    assert aws == [["aws", "eks", "update-kubeconfig", "--name=x", "--alias=mine"]]
    get, convert = kubeconfig.commands(config | {"coder:cloud": "azure"})
    assert get[-1] == "--context=mine"
    assert convert == ["kubelogin", "convert-kubeconfig", "--login=azurecli"]
    [gcp] = kubeconfig.commands(config | {"coder:cloud": "gcp", "gcp:project": "other"})
    assert gcp[-1] == "--project=p"


CLUSTERS = {"aws": ["name"], "azure": ["name", "resourceGroup"], "gcp": ["name", "location"]}


@pytest.mark.parametrize(("cloud", "key"), [(c, key) for c in CLUSTERS for key in CLUSTERS[c]])
def test_kubeconfig_of_an_unnamed_cluster_names_the_missing_setting(
    cloud: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(kubeconfig, "FOLDER", tmp_path)
    cluster = {each: "x" for each in CLUSTERS[cloud] if each != key}
    config = {"config": {"coder:cloud": cloud, "coder:cluster": cluster}}
    (tmp_path / "Pulumi.prod.yaml").write_text(yaml.safe_dump(config))
    assert main(["kubeconfig", "--stack", "prod"]) == 1
    assert capsys.readouterr().err == (
        f"error: cluster.{key}: missing in Pulumi.prod.yaml; "
        f"type `pulumi config set --path cluster.{key} … --stack prod`\n"
    )


def test_kubeconfig_of_a_run_is_its_own(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(kubeconfig, "FOLDER", tmp_path)
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    monkeypatch.setenv("GITHUB_ENV", str(tmp_path / "env"))
    file = tmp_path / "Pulumi.prod.yaml"
    assert main(["kubeconfig", "--stack", "prod"]) == 1
    assert capsys.readouterr().err == "error: there is no Pulumi.prod.yaml\n"
    file.write_text("config: {coder:cloud: existing}")
    assert main(["kubeconfig", "--stack", "prod"]) == 0
    assert not (tmp_path / "env").exists(), "the runner's own kubeconfig stays"
    file.write_text("config: {coder:cloud: aws, coder:cluster: {name: x}}")
    github.program("aws", '#!/bin/sh\necho "$KUBECONFIG" "$@" >"$KUBECONFIG"; exit 3\n')
    assert main(["kubeconfig", "--stack", "prod"]) == 3
    path = tmp_path / "kubeconfig"
    assert path.read_text() == f"{path} eks update-kubeconfig --name=x\n"
    assert (tmp_path / "env").read_text() == f"KUBECONFIG={path}\n"
    path.unlink()
    monkeypatch.setenv("KUBECONFIG_CONTENT", "apiVersion: v1\n")
    assert main(["kubeconfig", "--stack", "prod"]) == 0
    assert path.read_text() == "apiVersion: v1\n"
    assert path.stat().st_mode & 0o077 == 0
    monkeypatch.delenv("RUNNER_TEMP")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["kubeconfig", "--stack", "prod"]) == 0
    assert (tmp_path / ".kube" / "config").read_text() == "apiVersion: v1\n"
    monkeypatch.delenv("KUBECONFIG_CONTENT")
    monkeypatch.setenv("PATH", "")
    assert main(["kubeconfig", "--stack", "prod"]) == 1
    assert "`aws` is not on PATH" in capsys.readouterr().err


def test_output_of_the_first_job_has_the_stacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(stacks, "FOLDER", tmp_path)
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    (tmp_path / "Pulumi.prod.yaml").touch()
    assert main(["stacks"]) == 0
    assert (tmp_path / "output").read_text() == capsys.readouterr().out == 'stacks=["prod"]\n'
