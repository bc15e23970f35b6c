"""Functions of the sandbox that need no running cluster."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox import SandboxError
from sandbox.cluster import control_plane, load_balancer, service_controller, topology
from sandbox.machine import files, network, paths, prerequisites, services
from sandbox.postgres import latency, scram, server
from sandbox.postgres.configuration import ServerConfiguration, postgresql_files
from sandbox.tools import programs


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "SERVICES", tmp_path / "services")
    monkeypatch.setattr(services, "STATUS", tmp_path / "status")
    monkeypatch.setattr(paths, "LOG", tmp_path / "log")


def test_a_worker_and_the_commands_that_it_runs_use_the_same_sandbox() -> None:
    assert str(paths.INSTANCE) == os.environ["CODER_SANDBOX_INSTANCE"]


def kubernetes_service(name: str, address: str = "", **spec: Any) -> dict[str, Any]:
    ingress = {"ingress": [{"ip": address}]} if address else {}
    ports = [{"port": 80, "protocol": "TCP", "name": "http"}]
    return {
        "metadata": {"name": name, "namespace": "ns"},
        "spec": {"type": "LoadBalancer", "clusterIP": "10.96.0.9", "ports": ports, **spec},
        "status": {"loadBalancer": ingress},
    }


def endpoint_slice(service: str, *endpoints: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "ns", "labels": {"kubernetes.io/service-name": service}},
        "ports": [{"name": "admin", "port": 9}, {"name": "http", "port": 8080}],
        "endpoints": list(endpoints),
    }


def test_service_declaration_survives_write_and_read() -> None:
    service = services.Service(
        name="node-a/etcd", command=["x"], environment={"K": "V"}, user="nobody"
    )
    services.write(service)
    assert list(services.declared()) == [service]


def test_unchanged_declaration_is_not_written_again() -> None:
    service = services.Service(name="etcd", command=["x"])
    services.write(service)
    before = services.declaration_file("etcd").stat()
    services.write(service)
    assert services.declaration_file("etcd").stat().st_mtime_ns == before.st_mtime_ns


def test_status_of_an_older_declaration_is_not_current() -> None:
    services.write(services.Service(name="etcd", command=["x"]))
    version = services.declaration_file("etcd").stat().st_mtime_ns
    status = '{{"pid": 7, "started_at": 1.0, "restarts": 0, "version": {}}}'
    files.write_atomically(services.STATUS / "etcd.json", status.format(version))
    assert services.current_status("etcd") is not None
    files.write_atomically(services.STATUS / "etcd.json", status.format(version - 1))
    assert services.current_status("etcd") is None


def test_timeout_error_shows_the_end_of_the_log() -> None:
    files.write_atomically(services.log_file("etcd"), "first line\nlast line\n")
    message = r"timed out after 0 s waiting for etcd.*(.|\n)*last line"
    with pytest.raises(SandboxError, match=message):
        services.wait_until(lambda: False, "etcd", 0, "etcd")


def test_control_plane_services_except_etcd_have_a_readiness_check() -> None:
    without = [service.name for service in control_plane.all_services() if not service.ready]
    assert without == ["etcd"]


def test_address_ranges_do_not_overlap() -> None:
    groups = (
        network.NODE_ADDRESSES,
        network.POD_ADDRESSES,
        network.DATABASE_ADDRESSES,
        network.LOAD_BALANCER_ADDRESSES,
    )
    together = [network.GATEWAY, network.HOST, *(address for group in groups for address in group)]
    assert len(together) == len(set(together))


def test_database_gets_the_first_free_address() -> None:
    first, second, third = network.DATABASE_ADDRESSES[:3]
    assert server.free_address([first, third]) == second
    with pytest.raises(SandboxError, match="all 100 database addresses"):
        server.free_address(list(network.DATABASE_ADDRESSES))


def test_load_balancer_keeps_its_address_and_a_new_one_gets_a_free_address() -> None:
    kept, free = network.LOAD_BALANCER_ADDRESSES[0], network.LOAD_BALANCER_ADDRESSES[1]
    new, old = kubernetes_service("new"), kubernetes_service("old", kept)
    assigned = load_balancer.assign_addresses([new, old])
    assert assigned == {("ns", "old"): kept, ("ns", "new"): free}


def test_load_balancer_gets_the_requested_address_or_none() -> None:
    address = network.LOAD_BALANCER_ADDRESSES[7]
    requesting = kubernetes_service("a", loadBalancerIP=address)
    assert load_balancer.assign_addresses([requesting]) == {("ns", "a"): address}
    owner = kubernetes_service("owner", address)
    assert ("ns", "a") not in load_balancer.assign_addresses([owner, requesting])


def test_services_of_another_type_or_class_get_no_address() -> None:
    cluster_ip = kubernetes_service("a", type="ClusterIP")
    other_class = kubernetes_service("b", loadBalancerClass="other")
    assert load_balancer.assign_addresses([cluster_ip, other_class]) == {}


def test_only_services_with_traffic_policy_local_are_forwarded_and_only_to_ready_pods() -> None:
    local = kubernetes_service("local", externalTrafficPolicy="Local")
    both = [local, kubernetes_service("cluster")]
    ready = {"addresses": ["10.88.0.20"], "conditions": {"ready": True}}
    unready = {"addresses": ["10.88.0.21"], "conditions": {"ready": False}}
    slices = [endpoint_slice("local", ready, unready), endpoint_slice("cluster", ready)]
    rules = load_balancer.nft_rules(both, slices, load_balancer.assign_addresses(both))
    forwarded = [line.strip() for line in rules.splitlines() if "dport" in line]
    assert forwarded == [
        f"ip daddr {network.LOAD_BALANCER_ADDRESSES[0]} tcp dport 80 "
        "dnat ip addr . port to numgen random mod 1 map { 0 : 10.88.0.20 . 8080 }"
    ]


def test_services_have_dns_records_and_headless_services_have_those_of_their_pods() -> None:
    headless = kubernetes_service("pods", clusterIP="None")
    endpoint = {"addresses": ["10.88.0.20"], "hostname": "zero"}
    records = service_controller.dns_records(
        [kubernetes_service("web"), headless], [endpoint_slice("pods", endpoint)]
    )
    assert set(records) == {
        ("10.96.0.9", "web.ns.svc.cluster.local"),
        ("10.88.0.20", "pods.ns.svc.cluster.local"),
        ("10.88.0.20", "zero.pods.ns.svc.cluster.local"),
    }


def test_latency_applies_to_pods_but_not_to_the_host() -> None:
    rules = latency.nft_rules(network.DATABASE_ADDRESSES[0])
    assert f"ip saddr != {network.HOST} ip daddr {network.DATABASE_ADDRESSES[0]}" in rules


@pytest.mark.parametrize("name", ["", "A", "a_b", "../a", "-a", "a" * 61])
def test_invalid_server_name_is_refused(name: str) -> None:
    with pytest.raises(SandboxError, match="invalid server name"):
        server.Server(name)


def test_server_with_tls_rejects_clients_without_tls_and_remote_superusers() -> None:
    with_tls = ServerConfiguration(
        host="db", address="10.88.0.100", version="17", tls=True, settings={"work_mem": "it's"}
    )
    texts = postgresql_files(Path("/x"), with_tls)
    rules = texts["pg_hba.conf"].splitlines()
    assert [rule for rule in rules if rule.startswith("host ")] == [
        "host all sandbox_superuser all reject"
    ]
    assert rules[-1] == "hostssl all all all scram-sha-256"
    assert "work_mem = 'it''s'\n" in texts["postgresql.conf"]


def test_verifier_is_salted_and_does_not_contain_the_password() -> None:
    first, second = scram.verifier("secret"), scram.verifier("secret")
    assert first.startswith("SCRAM-SHA-256$4096:")
    assert "secret" not in first
    assert first != second


def test_unknown_node_or_zone_is_an_error_that_lists_the_known_ones() -> None:
    assert topology.nodes_in_zone("us-east-1b") == [topology.find_node("node-b")]
    with pytest.raises(SandboxError, match="node-a, node-b, node-c"):
        topology.find_node("node-x")
    with pytest.raises(SandboxError, match="us-east-1a, us-east-1b, us-east-1c"):
        topology.nodes_in_zone("eu")


@pytest.mark.parametrize(
    ("output", "matches"),
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
def test_only_a_release_of_the_pinned_minor_version_is_used_from_path(
    output: str, matches: bool
) -> None:
    kubectl = next(tool for tool in programs.TOOLS if tool.name == "kubectl")
    assert kubectl.version.startswith("1.34."), "update the cases for the pinned version"
    assert kubectl.fits(output) is matches


def test_tool_with_changed_sources_has_another_directory(tmp_path: Path) -> None:
    tool = programs.Tool(name="t", module=tmp_path, package=".")
    (tmp_path / "main.go").write_text("package main")
    before = tool.directory
    (tmp_path / "main.go").write_text("package main // changed")
    assert tool.directory != before


def test_all_missing_prerequisites_are_reported_with_one_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(prerequisites, "SYSTEM_DIRECTORIES", ())
    monkeypatch.setattr(prerequisites, "PYTHON", (9, 9))
    monkeypatch.setattr(prerequisites, "GIGABYTES_TO_RUN", 1e9)
    monkeypatch.setattr(prerequisites, "GIGABYTES_TO_BUILD", 1e9)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    lines = list(prerequisites.problems())
    starts = ("Python 9.9", "Go 1.", "root", "apt-get is missing", "1000000000.0 GB")
    assert [line for line in lines if not line.startswith(starts)] == []
    assert len(lines) == len(starts)
    assert "dnsmasq-base" in lines[3]


def test_outdated_go_is_reported_with_the_required_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho go version go1.19.8 linux/amd64\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    lines = [line for line in prerequisites.problems() if line.startswith("Go ")]
    assert len(lines) == 1
    assert lines[0].endswith("`go version` says 1.19.8")


def test_only_the_operating_system_is_reported_if_it_is_not_linux(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert list(prerequisites.problems()) == ["Linux is required; this is darwin"]


def test_prerequisites_import_only_the_standard_library() -> None:
    """They are checked before the Python packages are installed."""
    command = [sys.executable, "-S", "-E", "-m", "sandbox.machine.prerequisites"]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
