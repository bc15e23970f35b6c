"""The latency gate: a database that answers too slowly fails the update or causes a warning."""

import re

import pytest

from sandbox.postgres import latency
from tests.sandbox.conftest import Make
from tests.sandbox.stack import Stack, helm


@pytest.fixture(scope="module")
def slow(make: Make) -> Stack:
    stack = make("slow")
    stack.run("preview")  # the sandbox makes the server on the way
    return stack


def test_slow_database_is_refused_with_the_measured_latency(slow: Stack) -> None:
    latency.set_latency(slow.host, 15)
    try:
        printed = slow.set(latencyGate="enforce").fails("up", "--yes", "--skip-preview")
    finally:
        latency.set_latency(slow.host, None)
    assert "ms on average under load, must be under 10 ms" in printed
    assert helm("list", "-n", slow.name, "-q", "--all") == "", "Coder was touched"


def test_slow_database_is_a_warning_when_the_gate_is_warn(slow: Stack) -> None:
    latency.set_latency(slow.host, 15)
    try:
        printed = slow.set(latencyGate="warn").up()
    finally:
        latency.set_latency(slow.host, None)
    diagnostics = printed.partition("Diagnostics:")[2]
    assert re.search(r"warning: latency: .* ms on average under load, must be under", diagnostics)
    assert f"Coder uses database coder on {slow.host}" in diagnostics
    slow.unchanged()
    findings = slow.follow("Read the latency gate's figures", {"-n coder ": f"-n {slow.name} "})
    assert "Warning: latency: " in findings
    figures = r"latency under load [\d.]+ ms on average \(limit 10 ms\), [\d.]+% above it"
    assert re.search(figures, " ".join(findings.split()))
