"""The workflows: what their jobs may do, and that their steps are commands that the tests run."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
EVENTS = {
    "deploy": {"push", "workflow_dispatch"},
    "drift": {"schedule", "workflow_dispatch"},
    "preview": {"pull_request"},
    "stacks": {"workflow_call"},
    "tests": {"push", "pull_request"},
}
"""What starts each workflow; pull_request_target and workflow_run would run with secrets."""
RUN_BY = {
    "comment": "tests/engine/test_workflow_commands.py",
    "deploy": "tests/engine/test_workflow_commands.py",
    "drift": "tests/engine/test_workflow_commands.py",
    "kubeconfig": "tests/engine/test_workflow_commands.py",
    "simulated-comment": "tests/sandbox/test_template.py",
    "stacks": "tests/engine/test_workflow_commands.py",
    # It runs this test.
    "test": ".ci/run",
}
"""The commands of the workflows' steps, and what runs each in the tests."""
COMMAND = re.compile(r'(?:sudo (?:--preserve-env=[A-Z_,]+ )?env "PATH=\$PATH" )?make ([a-z-]+)')
COMMIT = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as a boolean.
    return {str(key).replace("True", "on"): value for key, value in load(path).items()}


def load(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text())


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    return read(path)["jobs"]


def steps() -> Iterator[dict[str, Any]]:
    for path in WORKFLOWS:
        for job in jobs(path).values():
            yield from job.get("steps", ())
    for path in ACTIONS:
        yield from load(path)["runs"]["steps"]


@pytest.mark.parametrize(
    "command", [["actionlint", *map(str, WORKFLOWS)], ["zizmor", "--offline", ".github"]]
)
def test_linters_find_nothing(command: list[str]) -> None:
    [linter, *rest] = command
    done = subprocess.run(
        [ROOT / "venv" / "bin" / linter, *rest], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"$(VENV)/bin/{linter}" in (ROOT / "Makefile").read_text(), "`make lint` runs it, too"


def test_every_step_is_a_command_that_the_tests_run() -> None:
    found = {step["run"]: COMMAND.fullmatch(step["run"]) for step in steps() if "run" in step}
    assert all(found.values()), [run for run, match in found.items() if not match]
    assert {match[1] for match in found.values() if match} == set(RUN_BY)
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(RUN_BY) <= set(targets)
    for target, file in RUN_BY.items():
        word = f"make {target}" if file == ".ci/run" else f'"{target}"'
        assert word in (ROOT / file).read_text(), f"{file} does not run {target}"


def test_actions_of_others_are_pinned_by_commit() -> None:
    lines = [
        line.split("uses: ")[1]
        for path in (*WORKFLOWS, *ACTIONS)
        for line in path.read_text().splitlines()
        if "uses: " in line
    ]
    others = [line for line in lines if not line.startswith("$/.github/")]
    assert len(others) > 10
    assert not [line for line in others if not COMMIT.fullmatch(line)]
    pins = {line.split("@")[0]: line for line in others}
    assert set(others) == set(pins.values()), "the same version everywhere"


@each_workflow
def test_workflow_starts_only_on_its_events(path: Path) -> None:
    events = read(path)["on"]
    assert set(events) == EVENTS[path.stem]


@each_workflow
def test_jobs_have_the_least_permissions_and_an_end(path: Path) -> None:
    assert read(path)["permissions"] == {}
    for name, job in jobs(path).items():
        allowed = {
            "comment": {"id-token", "pull-requests"},
            "deploy": {"id-token"},
            "drift": {"id-token", "issues"},
        }.get(name, set())
        given = dict(job["permissions"])
        assert given.pop("contents") == "read"
        assert given == dict.fromkeys(allowed, "write")
        # The job of a called workflow has its own.
        assert "uses" in job or 0 < job["timeout-minutes"] <= 120


def test_no_checkout_leaves_a_token_behind() -> None:
    checkouts = [step for step in steps() if "actions/checkout@" in step.get("uses", "")]
    assert len(checkouts) >= len(WORKFLOWS)
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)


def test_forks_get_no_secrets_and_no_token_that_writes() -> None:
    for name, job in jobs(ROOT / ".github" / "workflows" / "preview.yml").items():
        own = "head.repo.full_name == github.repository" in job.get("if", "")
        if not own:
            assert job["permissions"] == {"contents": "read"}, name
            assert "secrets" not in job, name
            assert "environment" not in job, name
            assert "secrets." not in str(job), name
    tests = (ROOT / ".github" / "workflows" / "tests.yml").read_text()
    assert not re.search(r"secrets\.|vars\.|environment:", tests)


@pytest.mark.parametrize(
    ("head", "author", "variable", "wanted"),
    [
        ("owner/coder", "someone", "", "comment"),
        ("fork/coder", "someone", "", "simulated"),
        # A fork that is gone.
        ("", "someone", "", "simulated"),
        ("owner/coder", "dependabot[bot]", "", "simulated"),
        ("owner/coder", "someone", "simulated", "simulated"),
    ],
)
def test_pull_request_is_previewed_with_the_credentials_that_it_gets(
    head: str, author: str, variable: str, wanted: str
) -> None:
    """https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions"""
    values = {
        "github.event.pull_request.head.repo.full_name": head,
        "github.event.pull_request.user.login": author,
        "github.repository": "owner/coder",
        "needs.stacks.outputs.stacks": '["prod"]',
        "vars.PREVIEWS": variable,
    }
    previews = jobs(ROOT / ".github" / "workflows" / "preview.yml")
    conditions = {name: job["if"] for name, job in previews.items() if "if" in job}
    assert [name for name, text in conditions.items() if holds(text, values)] == [wanted]
    values["needs.stacks.outputs.stacks"] = "[]"
    assert not [name for name, text in conditions.items() if holds(text, values)]


def holds(condition: str, values: dict[str, str]) -> bool:
    """Whether a condition of comparisons holds; `&&` binds more tightly than `||`."""
    condition = " ".join(condition.split())
    while inner := re.search(r"\(([^()]*)\)", condition):
        value = "'' == ''" if holds(inner[1], values) else "'' != ''"
        condition = condition.replace(inner[0], value)

    def compare(text: str) -> bool:
        left, operator, right = text.split()
        one, other = (values[each] if each in values else each.strip("'") for each in (left, right))
        return (one == other) == {"==": True, "!=": False}[operator]

    return any(all(map(compare, part.split("&&"))) for part in condition.split("||"))


def test_jobs_of_a_stack_are_prepared_alike_and_keep_their_credentials_to_the_end() -> None:
    action = load(ROOT / ".github" / "actions" / "prepare" / "action.yml")["inputs"]
    required = {name for name, each in action.items() if each.get("required")}
    given = list[dict[str, str]]()
    for name in ("preview", "deploy", "drift"):
        for job in jobs(ROOT / ".github" / "workflows" / f"{name}.yml").values():
            for step in job.get("steps", ()):
                if step.get("uses") == "$/.github/actions/prepare":
                    given.append(step["with"])
                    key = "aws-session-seconds"
                    seconds = int(given[-1].pop(key, action[key]["default"]))
                    assert seconds >= job["timeout-minutes"] * 60, name
    assert [each.keys() for each in given] == [required] * 3
    assert given == [given[0]] * 3


def test_one_update_of_a_stack_at_a_time_and_none_is_cancelled() -> None:
    [deploy] = [job for name, job in jobs(WORKFLOWS[0]).items() if name == "deploy"]
    assert deploy["concurrency"] == {
        "group": "deploy-${{ matrix.stack }}",
        "cancel-in-progress": False,
    }
    assert deploy["environment"] == "${{ matrix.stack }}", "where an approval is asked for"
    others = [job for path in WORKFLOWS[1:] for job in jobs(path).values()]
    assert not [job for job in others if "make deploy" in str(job)]
    assert not [job for job in others if job.get("environment") == "${{ matrix.stack }}"]


@pytest.mark.parametrize(
    ("workflow", "name", "environment", "needed"),
    [
        ("preview", "comment", "${{ matrix.stack }}-preview", {"GH_TOKEN", "PULL_REQUEST"}),
        ("deploy", "deploy", "${{ matrix.stack }}", set()),
        ("drift", "drift", "${{ matrix.stack }}-preview", {"GH_TOKEN"}),
    ],
)
def test_commands_get_what_they_read(
    workflow: str, name: str, environment: str, needed: set[str]
) -> None:
    job = jobs(ROOT / ".github" / "workflows" / f"{workflow}.yml")[name]
    assert job["environment"] == environment
    assert job["env"]["STACK"] == "${{ matrix.stack }}"
    [step] = [each for each in job["steps"] if each.get("run") == f"make {name}"]
    assert {key for key in step["env"] if not key.startswith("PULUMI_")} == needed
    assert {"PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"} <= step["env"].keys()
    texts = "".join(path.read_text() for path in (ROOT / "ci").glob("*.py"))
    assert not [key for key in needed if f'"{key}"' not in texts]


def test_no_plan_and_no_other_file_is_uploaded() -> None:
    texts = [path.read_text() for path in (*WORKFLOWS, *ACTIONS)]
    assert not [
        text for text in texts if re.search("upload-artifact|actions/cache|plan.json", text)
    ]


def test_workflows_install_the_oldest_cli_that_the_program_accepts() -> None:
    required = load(ROOT / "Pulumi.yaml")["requiredPulumiVersion"]
    [step] = [each for each in steps() if "pulumi/actions@" in each.get("uses", "")]
    assert required == f">={step['with']['pulumi-version']}"
    assert "command" not in step["with"], "with a command, it would run Pulumi itself"
