"""The sandbox itself: killed parts, stopped nodes, a cluster that is gone, and nothing left."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.machine import cgroups, lock, namespace, network, paths, services
from tests.conftest import ROOT
from tests.sandbox.conftest import Make
from tests.sandbox.stack import Stack, kubectl, wait

SANDBOX = [sys.executable, "-m", "sandbox"]


@pytest.fixture(scope="module")
def stack(make: Make) -> Stack:
    stack = make("cluster")
    stack.up()
    stack.coder().add_user("linus")
    return stack


def sandbox(*words: str) -> str:
    done = subprocess.run([*SANDBOX, *words], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_two_nodes_in_two_zones_are_ready(stack: Stack) -> None:
    nodes = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    zones = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert len(nodes) == 2
    assert len(zones) == 2


def test_logs_exec_and_names_of_services_and_databases_work_in_pods(stack: Stack) -> None:
    labels = "coder.deployment=coderd"
    pod = kubectl("-n", "cluster", "get", "pods", "-o", "name", "-l", labels).split()[0]
    assert kubectl("-n", "cluster", "logs", pod)
    looked_up = kubectl("-n", "cluster", "exec", pod, "--", "nslookup", stack.host)
    assert stack.server.address in looked_up


def test_killed_parts_run_again(stack: Stack) -> None:
    for name in ("etcd", "kube-apiserver", "node-a/kubelet", stack.server.part):
        _kill(name)
    sandbox("up")
    wait("Coder to answer", lambda: stack.coder().get("/api/v2/query"))
    assert "linus" in stack.coder().users()


def test_a_stopped_zone_is_missed_and_comes_back(stack: Stack) -> None:
    sandbox("zone", "stop", "us-east-1a")
    try:
        wait("the node to be missed", lambda: "NotReady" in kubectl("get", "nodes"), 90)
    finally:
        sandbox("zone", "start", "us-east-1a")
    wait("Coder to answer", lambda: stack.coder().get("/api/v2/query"), 120)


def test_a_wiped_cluster_comes_back_with_its_users(stack: Stack) -> None:
    sandbox("wipe")
    sandbox("up")
    stack.up("--refresh")
    assert "linus" in stack.coder().users()
    stack.unchanged()


def test_down_leaves_nothing_and_the_next_up_finds_all(stack: Stack) -> None:
    sandbox("down")
    try:
        assert not _left()
    finally:
        sandbox("up")
    wait("Coder to answer", lambda: stack.coder().get("/api/v2/query"), 120)
    assert "linus" in stack.coder().users()


def test_a_second_up_at_the_same_time_says_so(stack: Stack) -> None:
    with lock.exclusive("cluster"):
        second = subprocess.run([*SANDBOX, "up"], cwd=ROOT, capture_output=True, text=True)
    assert second.returncode != 0
    assert "another command changes the sandbox now" in second.stderr
    assert "is up already" in sandbox("up")


def _kill(name: str) -> None:
    """Kill a part's process; the sandbox's init, or its node's, sees it die."""
    state = services.current(name)
    assert state
    inside = ["kill", "-KILL", str(state.pid)]
    if "/" in name:
        machine = services.current(name.partition("/")[0])
        assert machine
        # The machine's process is unshare; its child is the first of the node's own namespace.
        child = f"$(cat /proc/{machine.pid}/task/{machine.pid}/children)"
        inside = ["sh", "-c", f"nsenter --target {child} --pid {' '.join(inside)}"]
    namespace.inside(inside, check=True)


def _left() -> list[str]:
    """Processes, mounts, links, routes and cgroups of a sandbox that should be gone."""
    found = [
        line
        for command in (["ip", "-o", "link"], ["ip", "route"])
        for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        if re.search(rf"\b{network.LINK}(?!-)|{re.escape(network.PREFIX)}\.", line)
    ]
    mounts = Path("/proc/mounts").read_text().splitlines()
    found += [line for line in mounts if f"{paths.STATE}/" in line]
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = file.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if f"{paths.STATE}/" in text and int(file.parent.name) != os.getpid():
            found.append(text)
    groups = (path for depth in ("", "*/") for path in Path("/sys/fs/cgroup").glob(depth + "*"))
    return found + [str(path) for path in groups if path.name == cgroups.NAME]
