"""What all simulated providers have in common, with the real engine and a cloud of files."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.providers.framework import validation
from sandbox.providers.framework.values import UNKNOWN
from tests.engine.stack import Stack, is_secret
from tests.engine.toy import Thing


def test_resource_is_created_updated_and_replaced(stack: Stack) -> None:
    stack.program(
        'a = Thing("a", size=3, zone="x", password=pulumi.Output.secret("hunter2"))\n'
        'Thing("b", size=1, name=a.arn)'
    )
    plan = stack.preview()
    assert "[unknown]" in plan, "what only the cloud knows is unknown before"
    stack.up()
    first = stack.resource("a")
    assert is_secret(first["inputs"]["password"])
    assert is_secret(first["outputs"]["password"]), "a secret input stays secret as an output"
    assert is_secret(first["outputs"]["token"]), "an output declared secret is"
    assert re.fullmatch(r"a-[0-9a-f]{7}", first["outputs"]["name"])
    assert stack.resource("b")["id"] == first["outputs"]["arn"]

    stack.program('Thing("a", size=4, zone="x", password=pulumi.Output.secret("hunter2"))')
    assert "~ size: 3 => 4" in stack.preview()
    stack.up()
    second = stack.resource("a")
    assert second["id"] == first["id"], "the name is made once and kept"
    assert second["outputs"]["revision"] == 2

    stack.program('Thing("a", size=4, zone="y", password=pulumi.Output.secret("hunter2"))')
    assert "+-1 to replace" in stack.preview()
    stack.up()
    assert list(stack.things()) == [stack.resource("a")["id"]] != [first["id"]]


def test_wrong_inputs_are_refused_at_preview(stack: Stack) -> None:
    stack.program('Thing("a", size="3", colour="red")')
    words = stack.fails("preview")
    assert "'size' should be of type 'integer' but got string" in words
    assert "unknown property 'colour'" in words


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "missing required property 'size'"),
        ({"size": None}, "missing required property 'size'"),
        ({"size": True}, "'size' should be of type 'integer' but got boolean"),
        ({"size": 3, "shape": {"sides": 3, "side": 1}}, "unknown property 'shape.side'"),
        ({"size": 3, "shape": {}}, "missing required property 'shape.sides'"),
    ],
)
def test_wrong_input_has_its_message(inputs: dict[str, Any], words: str) -> None:
    problems = validation.problems(inputs, Thing.inputs, validation.Messages())
    assert [problem.reason for problem in problems] == [words]


def test_unknown_values_are_not_checked() -> None:
    inputs = {"size": UNKNOWN, "shape": {"sides": UNKNOWN}}
    assert not list(validation.problems(inputs, Thing.inputs, validation.Messages()))


def test_error_is_one_line_with_the_providers_message(stack: Stack) -> None:
    stack.program('Thing("a", size=1, fail="the cloud is full")')
    words = stack.fails("up", "--yes", "--skip-preview")
    assert "error: the cloud is full\n" in words
    assert ".py" not in words
    assert all(item["type"].startswith("pulumi:") for item in stack.resources())


def test_failed_initialization_is_stored_and_retried(stack: Stack) -> None:
    stack.program('Thing("a", size=1, unready="it does not answer")')
    assert "it does not answer" in stack.fails("up", "--yes", "--skip-preview")
    kept = stack.resource("a")
    assert kept["initErrors"] == ["it does not answer"]
    assert is_secret(kept["outputs"]["token"])
    assert "it does not answer" in stack.fails("up", "--yes", "--skip-preview")
    stack.program('Thing("a", size=1)')
    stack.up()
    assert "initErrors" not in stack.resource("a")
    assert stack.resource("a")["id"] == kept["id"]


def test_refresh_detects_changes_and_deletions(stack: Stack) -> None:
    stack.program('Thing("a", size=3, password=pulumi.Output.secret("p"))\nThing("b", size=1)')
    stack.up()
    id = stack.resource("a")["id"]
    changed = {**stack.things()[id], "size": 9}
    (stack.cloud / f"{id}.json").write_text(json.dumps(changed))
    (stack.cloud / f"{stack.resource('b')['id']}.json").unlink()
    stack.refresh()
    assert stack.resource("a")["inputs"]["size"] == 9
    assert is_secret(stack.resource("a")["inputs"]["password"])
    plan = stack.preview()
    assert "~ size: 9 => 3" in plan
    assert "+ 1 to create" in plan


def test_existing_resource_can_be_imported(stack: Stack) -> None:
    (stack.cloud / "old.json").write_text('{"name": "old", "size": 7, "arn": "arn:toy:old"}')
    stack.program('Thing("a", size=7, name="old")')
    imported = stack.run(
        *("import", "toy:index:Thing", "a", "old", "--yes", "--protect=false"),
        *("--generate-code=false", "--skip-preview"),
    )
    assert imported.returncode == 0, imported.stdout
    assert "2 unchanged" in stack.preview()


def test_refused_update_of_a_bridged_resource_stores_the_plan(stack: Stack) -> None:
    stack.program('Bridged("a", size=3)').up()
    stack.program('Bridged("a", size=300)')
    said = stack.fails("up", "--yes", "--skip-preview")
    assert re.search(r"updating urn:\S+::a: 1 error occurred:\s+\* size 300 is too large", said)
    kept = stack.resource("a")
    assert kept["outputs"]["size"] == 300, "the state has the planned value"
    assert stack.things()["a"]["size"] == 3
    assert "1 updated" in stack.up(), "the next update finds no difference"
    assert stack.resource("a")["outputs"]["size"] == 3, "but reads what there is"
    assert "size 300 is too large" in stack.fails("up", "--yes", "--skip-preview")


def test_engine_options_are_honoured(stack: Stack) -> None:
    program = (
        'options = pulumi.ResourceOptions(ignore_changes=["zone"])\n'
        'first = Thing("a", options, size=1, zone="{zone}")\n'
        "last = pulumi.ResourceOptions(delete_before_replace=True)\n"
        'Thing("b", last, size=1, name="fixed", zone="{zone}")'
    )
    stack.program(program.format(zone="x")).up()
    stack.program(program.format(zone="y"))
    stack.up()
    assert stack.resource("a")["outputs"]["zone"] == "x"
    assert stack.things()["fixed"]["zone"] == "y", "the name was free again before its new thing"


def test_functions_return_results_or_errors(stack: Stack) -> None:
    (stack.cloud / "old.json").write_text('{"size": 7}')
    assert "size: 7" in stack.program('pulumi.export("size", size_of("old"))').preview()
    words = stack.program('size_of("none")').run("preview").stdout
    assert "no thing named none" in words


def test_custom_timeout_ends_the_wait(stack: Stack) -> None:
    stack.program(
        'limit = pulumi.CustomTimeouts(create="1s")\n'
        'Thing("a", pulumi.ResourceOptions(custom_timeouts=limit), size=1, sleep=30)'
    )
    assert "timed out after 1 seconds" in stack.fails("up", "--yes", "--skip-preview")


def _start(stack: Stack, more: str = "") -> subprocess.Popen[str]:
    """Start an update whose resource takes a minute to create."""
    stack.program(f'Thing("a", size=1, sleep=60)\n{more}')
    running = subprocess.Popen(
        stack.command("up", "--yes", "--skip-preview"),
        cwd=stack.folder,
        env=stack.environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    end = time.monotonic() + 20
    while not stack.things() and time.monotonic() < end:
        time.sleep(0.05)
    assert stack.things(), "the update should be making the thing by now"
    return running


def _processes(stack: Stack) -> list[str]:
    """The processes of this stack's update that still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"TOY_CLOUD={stack.cloud}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def test_interrupt_ends_a_waiting_operation(stack: Stack) -> None:
    running = _start(stack)
    running.send_signal(signal.SIGINT)
    began = time.monotonic()
    output, _ = running.communicate(timeout=20)
    assert time.monotonic() - began < 8
    assert 'Resource operation was cancelled for "a"' in output
    assert _processes(stack) == []


def test_no_process_outlives_a_killed_engine(stack: Stack) -> None:
    running = _start(
        stack, "import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()"
    )
    assert len(_processes(stack)) >= 4, "engine, language host, program and plugin"
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    end = time.monotonic() + 5
    while _processes(stack) and time.monotonic() < end:
        time.sleep(0.1)
    assert _processes(stack) == []
