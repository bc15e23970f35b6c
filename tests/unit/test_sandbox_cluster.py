"""What is pure in the sandbox's cluster: parts, addresses, rules, names, versions."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox import SandboxError
from sandbox.cluster import control_plane, load_balancer, service_addresses, topology
from sandbox.machine import network, paths, prerequisites, services
from sandbox.postgres import declaration, latency, scram, servers
from sandbox.tools import programs


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "PARTS", tmp_path / "parts")
    monkeypatch.setattr(services, "STATUS", tmp_path / "run")
    monkeypatch.setattr(paths, "LOG", tmp_path / "log")


def a_service(name: str, address: str = "", **spec: Any) -> dict[str, Any]:
    ingress = {"ingress": [{"ip": address}]} if address else {}
    ports = [{"port": 80, "protocol": "TCP", "name": "http"}]
    return {
        "metadata": {"name": name, "namespace": "ns"},
        "spec": {"type": "LoadBalancer", "clusterIP": "10.96.0.9", "ports": ports, **spec},
        "status": {"loadBalancer": ingress},
    }


def a_slice(service: str, *endpoints: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "ns", "labels": {"kubernetes.io/service-name": service}},
        "ports": [{"name": "admin", "port": 9}, {"name": "http", "port": 8080}],
        "endpoints": list(endpoints),
    }


def test_a_part_is_read_as_it_was_written() -> None:
    part = services.Service(
        name="node-a/thing", command=["x"], environment={"K": "V"}, user="nobody"
    )
    services.write(part)
    assert list(services.declared()) == [part]


def test_a_part_that_is_declared_already_is_not_restarted() -> None:
    part = services.Service(name="thing", command=["x"])
    services.write(part)
    before = services.file("thing").stat()
    services.write(part)
    assert services.file("thing").stat().st_mtime_ns == before.st_mtime_ns


def test_a_process_of_an_older_declaration_is_not_current() -> None:
    services.write(services.Service(name="thing", command=["x"]))
    version = services.file("thing").stat().st_mtime_ns
    status = '{{"pid": 7, "started": 1.0, "restarts": 0, "version": {}}}'
    services.write_atomically(services.STATUS / "thing.json", status.format(version))
    assert services.current("thing") is not None
    services.write_atomically(services.STATUS / "thing.json", status.format(version - 1))
    assert services.current("thing") is None


def test_what_is_waited_for_in_vain_is_named_with_the_end_of_its_log() -> None:
    services.write_atomically(services.log("thing"), "first\nlast words\n")
    with pytest.raises(SandboxError, match=r"waited 0 s for thing.*(.|\n)*last words"):
        services.wait_until(lambda: False, "thing", 0, "thing")


def test_every_part_of_the_control_plane_but_etcd_says_what_shows_that_it_is_ready() -> None:
    silent = [part.name for part in control_plane.everything() if not part.ready]
    assert silent == ["etcd"]


def test_the_addresses_of_nodes_pods_databases_and_load_balancers_never_overlap() -> None:
    groups = (network.NODES, network.PODS, network.DATABASES, network.LOAD_BALANCERS)
    together = [network.GATEWAY, network.HOST, *(address for group in groups for address in group)]
    assert len(together) == len(set(together))


def test_a_database_gets_the_first_address_that_is_free() -> None:
    first, second, third = network.DATABASES[:3]
    assert servers.choose_address([first, third]) == second
    with pytest.raises(SandboxError, match="all 100 addresses"):
        servers.choose_address(list(network.DATABASES))


def test_a_load_balancer_keeps_its_address_and_a_new_one_takes_a_free_one() -> None:
    kept, free = network.LOAD_BALANCERS[0], network.LOAD_BALANCERS[1]
    chosen = load_balancer.choose([a_service("new"), a_service("old", kept)])
    assert chosen == {("ns", "old"): kept, ("ns", "new"): free}


def test_a_load_balancer_gets_the_address_that_it_asks_for_or_none() -> None:
    wanted = network.LOAD_BALANCERS[7]
    taken = a_service("taken", wanted)
    assert load_balancer.choose([a_service("a", loadBalancerIP=wanted)]) == {("ns", "a"): wanted}
    assert ("ns", "b") not in load_balancer.choose([taken, a_service("b", loadBalancerIP=wanted)])


def test_other_services_get_no_address() -> None:
    others = [a_service("a", type="ClusterIP"), a_service("b", loadBalancerClass="other")]
    assert load_balancer.choose(others) == {}


def test_only_services_with_the_policy_local_are_forwarded_and_only_to_ready_pods() -> None:
    both = [a_service("near", externalTrafficPolicy="Local"), a_service("far")]
    ready = {"addresses": ["10.88.0.20"], "conditions": {"ready": True}}
    unready = {"addresses": ["10.88.0.21"], "conditions": {"ready": False}}
    slices = [a_slice("near", ready, unready), a_slice("far", ready)]
    rules = load_balancer.nft_rules(both, slices, load_balancer.choose(both))
    forwarded = [line.strip() for line in rules.splitlines() if "dport" in line]
    assert forwarded == [
        f"ip daddr {network.LOAD_BALANCERS[0]} tcp dport 80 "
        "dnat ip addr . port to numgen random mod 1 map { 0 : 10.88.0.20 . 8080 }"
    ]


def test_services_have_names_and_headless_ones_those_of_their_pods() -> None:
    headless = a_service("pods", clusterIP="None")
    endpoint = {"addresses": ["10.88.0.20"], "hostname": "zero"}
    found = set(
        service_addresses.records([a_service("web"), headless], [a_slice("pods", endpoint)])
    )
    assert found == {
        ("10.96.0.9", "web.ns.svc.cluster.local"),
        ("10.88.0.20", "pods.ns.svc.cluster.local"),
        ("10.88.0.20", "zero.pods.ns.svc.cluster.local"),
    }


def test_latency_is_for_pods_and_not_for_the_machine() -> None:
    rules = latency.rules(network.DATABASES[0])
    assert f"ip saddr != {network.HOST} ip daddr {network.DATABASES[0]}" in rules


@pytest.mark.parametrize("name", ["", "A", "a_b", "../a", "-a", "a" * 61])
def test_a_server_has_a_plain_name(name: str) -> None:
    with pytest.raises(SandboxError, match="no name for a server"):
        servers.Server(name)


def test_a_server_with_tls_takes_nobody_without_it_and_the_superuser_never() -> None:
    files = declaration.files(Path("/x"), "10.88.0.100", True, {"work_mem": "it's"})
    rules = files["pg_hba.conf"].splitlines()
    assert [rule for rule in rules if rule.startswith("host ")] == [
        "host all sandbox_superuser all reject"
    ]
    assert rules[-1] == "hostssl all all all scram-sha-256"
    assert "work_mem = 'it''s'\n" in files["postgresql.conf"]


def test_a_verifier_tells_nothing_of_the_password_and_differs_each_time() -> None:
    first, second = scram.verifier("secret"), scram.verifier("secret")
    assert first.startswith("SCRAM-SHA-256$4096:")
    assert "secret" not in first
    assert first != second


def test_a_zone_and_a_node_are_found_by_name_or_the_known_ones_are_said() -> None:
    assert topology.in_zone("us-east-1b") == [topology.named("node-b")]
    with pytest.raises(SandboxError, match="node-a, node-b, node-c"):
        topology.named("node-x")
    with pytest.raises(SandboxError, match="us-east-1a, us-east-1b, us-east-1c"):
        topology.in_zone("eu")


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("Client Version: v1.34.4\nKustomize Version: v5.7.1", True),
        ("Client Version: v1.34.9", True),
        ("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", False),
        ("Client Version: v1.34.4-dispatcher", False),
        ("Client Version: v1.3.34", False),
        ("Client Version: v11.34.4", False),
        ("", False),
    ],
)
def test_only_a_release_of_the_pinned_minor_version_is_used_instead(said: str, fits: bool) -> None:
    kubectl = next(tool for tool in programs.TOOLS if tool.name == "kubectl")
    assert kubectl.version.startswith("1.34."), "adapt the cases to the pinned version"
    assert kubectl.fits(said) is fits


def test_a_tool_made_from_other_sources_has_another_place(tmp_path: Path) -> None:
    tool = programs.Tool(name="t", module=tmp_path, package=".")
    (tmp_path / "main.go").write_text("package main")
    before = tool.directory
    (tmp_path / "main.go").write_text("package main // changed")
    assert tool.directory != before


def test_all_that_is_missing_is_said_at_once_in_a_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(prerequisites, "SYSTEM_DIRECTORIES", ())
    monkeypatch.setattr(prerequisites, "PYTHON", (9, 9))
    monkeypatch.setattr(prerequisites, "GIGABYTES_TO_RUN", 1e9)
    monkeypatch.setattr(prerequisites, "GIGABYTES_TO_BUILD", 1e9)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    lines = list(prerequisites.missing())
    starts = ("Python 9.9", "Go 1.", "root", "no apt-get", "1000000000.0 GB")
    assert [line for line in lines if not line.startswith(starts)] == []
    assert len(lines) == len(starts)
    assert "dnsmasq-base" in lines[3]


def test_an_older_go_is_named_with_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho go version go1.19.8 linux/amd64\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    lines = [line for line in prerequisites.missing() if line.startswith("Go ")]
    assert len(lines) == 1
    assert lines[0].endswith("`go version` says 1.19.8")


def test_nothing_else_is_said_on_another_system_but_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert list(prerequisites.missing()) == ["Linux is needed; this is darwin"]


def test_the_prerequisites_need_no_package() -> None:
    """They are looked at before the packages are installed."""
    command = [sys.executable, "-S", "-E", "-m", "sandbox.machine.prerequisites"]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
