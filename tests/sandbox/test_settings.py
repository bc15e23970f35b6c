"""Invalid settings fail at preview on the real engine: one line each, nothing is created."""

import json
import subprocess

from sandbox.engine import home
from tests.conftest import ROOT
from tests.sandbox.conftest import Make
from tests.sandbox.stack import kubectl


def test_all_invalid_settings_are_reported_and_nothing_is_created(make: Make) -> None:
    stack = make(
        "bad",
        chartVersion="1.25.0",
        replicas=99,
        latencyLimitMs=-1,
        chartValues={"postgres": {"host": "elsewhere"}, "bogus": {}},
        zone="us-east-1b",
        cluster={"zone": "us-east-1a"},
    )
    for words in (("preview",), ("up", "--yes")):
        printed = stack.fails(*words)
        for line in (
            "chartVersion: 1.25.0 has no value for a CA certificate",
            "replicas: is 99, must be 1 to 10",
            "latencyLimitMs: is -1",
            "chartValues.postgres.host: the program sets this key",
            "chartValues.bogus: the chart has no such key",
            'zone: is "us-east-1b", but cluster.zone is "us-east-1a"',
        ):
            assert line in printed, printed
    assert not kubectl("get", "namespace", "bad", "--ignore-not-found", "-o", "name")
    assert not [item for item in _resources(stack.name) if item["custom"]]


def _resources(stack: str) -> list[dict[str, object]]:
    command = ["pulumi", "stack", "export", "--stack", stack]
    done = subprocess.run(
        command, env=home.environment(), cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)["deployment"].get("resources", [])
