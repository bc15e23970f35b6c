"""The sandbox itself: parts that are killed, nodes that stop, a cluster that is gone, nothing left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import network, parts, paths
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
    pod = kubectl(
        "-n", "cluster", "get", "pods", "-o", "name", "-l", "app.kubernetes.io/name=coderd"
    )
    pod = pod.split()[0]
    assert kubectl("-n", "cluster", "logs", pod)
    looked_up = kubectl("-n", "cluster", "exec", pod, "--", "nslookup", stack.host)
    assert stack.server.address in looked_up


def test_killed_parts_run_again(stack: Stack) -> None:
    before = {name: parts.current(name) for name in ("etcd", "kube-apiserver", stack.server.part)}
    for state in before.values():
        assert state
    sandbox("kill", *before) if False else None
    for name in before:
        _kill(name)
    sandbox("up")
    wait("Coder to answer", lambda: stack.coder().get("/api/v2/query"))
    assert "linus" in stack.coder().users()


def test_a_stopped_zone_takes_coder_to_the_other_one(stack: Stack) -> None:
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
    first = subprocess.Popen([*SANDBOX, "up"], cwd=ROOT, stdout=subprocess.DEVNULL)
    second = subprocess.run([*SANDBOX, "up"], cwd=ROOT, capture_output=True, text=True)
    assert first.wait() == 0 or second.returncode == 0
    assert second.returncode == 0 or "runs already" in second.stdout + second.stderr


def _kill(name: str) -> None:
    """Kill a part as the kernel would, by its id inside the sandbox's process namespace."""
    from sandbox import namespace

    state = parts.current(name)
    assert state
    namespace.inside(["kill", "-KILL", str(state.pid)], check=True)


def _left() -> list[str]:
    """What a sandbox that is down must not leave: processes, mounts, links, routes, rules, cgroups."""
    found = [
        line
        for command in (["ip", "-o", "link"], ["ip", "route"], ["nft", "list", "tables"])
        for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        if network.LINK in line or network.PREFIX in line or "sandbox" in line
    ]
    found += [
        line for line in Path("/proc/mounts").read_text().splitlines() if str(paths.STATE) in line
    ]
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = file.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(paths.STATE) in text and int(file.parent.name) != os.getpid():
            found.append(text)
    found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"*/{network.LINK}*")]
    return found
