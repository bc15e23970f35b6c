"""The sandbox itself: killed services, stopped nodes, a wiped cluster, a complete stop."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import lifecycle
from sandbox.machine import cgroups, lock, namespaces, network, paths, services
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


def sandbox(*arguments: str) -> str:
    done = subprocess.run(
        [*SANDBOX, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_cluster_has_two_nodes_in_two_zones(stack: Stack) -> None:
    nodes = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    zones = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert len(nodes) == 2
    assert len(zones) == 2


def test_kubectl_logs_and_exec_work_and_pods_resolve_database_names(stack: Stack) -> None:
    labels = "coder.deployment=coderd"
    pod = kubectl("-n", "cluster", "get", "pods", "-o", "name", "-l", labels).split()[0]
    assert kubectl("-n", "cluster", "logs", pod)
    looked_up = kubectl("-n", "cluster", "exec", pod, "--", "nslookup", stack.host)
    assert stack.server.address in looked_up


def test_supervisor_restarts_killed_services(stack: Stack) -> None:
    for name in ("etcd", "kube-apiserver", "node-a/kubelet", stack.server.service_name):
        _kill(name)
    sandbox("up")
    wait("Coder to respond", lambda: stack.coder().get("/api/v2/query"))
    assert "linus" in stack.coder().users()


def test_stopped_zone_is_not_ready_and_recovers(stack: Stack) -> None:
    sandbox("zone", "stop", "us-east-1a")
    try:
        wait("the node to be NotReady", lambda: "NotReady" in kubectl("get", "nodes"), 90)
    finally:
        sandbox("zone", "start", "us-east-1a")
    wait("Coder to respond", lambda: stack.coder().get("/api/v2/query"), 120)


def test_users_survive_a_wipe_of_the_cluster(stack: Stack) -> None:
    sandbox("wipe")
    sandbox("up")
    stack.follow("Replace the cluster by one of the same name")
    assert "linus" in stack.coder().users()
    stack.unchanged()


def test_down_removes_all_processes_and_up_restores_the_state(stack: Stack) -> None:
    sandbox("down")
    try:
        assert not _leftovers()
    finally:
        sandbox("up")
    wait("Coder to respond", lambda: stack.coder().get("/api/v2/query"), 120)
    assert "linus" in stack.coder().users()


def test_concurrent_up_is_refused(stack: Stack) -> None:
    with lock.exclusive(lifecycle.LOCK):
        second = subprocess.run([*SANDBOX, "up"], cwd=ROOT, capture_output=True, text=True)
    assert second.returncode != 0
    assert "another command is changing the sandbox" in second.stderr
    assert "is already running" in sandbox("up")


def _kill(name: str) -> None:
    """Kill the process of a service, in the PID namespace of its supervisor."""
    status = services.current_status(name)
    assert status
    command = ["kill", "-KILL", str(status.pid)]
    if "/" in name:
        node = services.current_status(name.partition("/")[0])
        assert node
        # The node's service runs unshare, whose child is PID 1 of the node's PID namespace.
        child = f"$(cat /proc/{node.pid}/task/{node.pid}/children)"
        command = ["sh", "-c", f"nsenter --target {child} --pid {' '.join(command)}"]
    namespaces.run_inside(command, check=True)


def _leftovers() -> list[str]:
    """Processes, mounts, network interfaces, routes and cgroups of the sandbox."""
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
