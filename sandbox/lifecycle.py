"""Start, stop, wipe and describe the sandbox as a whole, and start and stop single nodes."""

import shutil
import time
from collections.abc import Callable, Sequence

from sandbox import SandboxError
from sandbox.cluster import audit, control_plane, credentials, nodes, topology
from sandbox.cluster.topology import Node
from sandbox.machine import lock, namespaces, network, paths, prerequisites, readiness, services
from sandbox.postgres import servers
from sandbox.tools import programs

LOCK = "sandbox"
DEFAULT_NODES = 2
READY_SECONDS = 90


def up(node_count: int | None = None, report: Callable[[str], object] = print) -> None:
    """Start the services that do not run yet, and wait until all services are ready."""
    started_at = time.monotonic()

    def step(text: str) -> None:
        report(f"{time.monotonic() - started_at:5.1f} s  {text}")

    _require_setup()
    with lock.exclusive(LOCK):
        if namespaces.init_pid() is None:
            _start_namespaces()
            step("namespaces and init process are running")
        else:
            step("the sandbox is already running; checking its services")
        namespaces.connect_host()
        credentials.create()
        audit.create_policy()
        for service in control_plane.independent_services():
            services.write(service)
        databases = servers.resume()
        wanted = _wanted_nodes(node_count)
        nodes.start(wanted)
        step("containerd of all nodes is running, with all images")
        readiness.wait(["kube-apiserver"], READY_SECONDS)
        step("API server is ready")
        for service in control_plane.api_dependent_services():
            services.write(service)
        nodes.join(wanted)
        if node_count is not None:
            nodes.delete([node for node in topology.existing_nodes() if node not in wanted])
        for server in databases:
            server.wait_ready()
        readiness.wait([service.name for service in services.declared()], READY_SECONDS)
        nodes.wait_ready(wanted)
        nodes.wait_default_service_account()
        step(f"ready: {', '.join(f'{node.name} in {node.zone}' for node in wanted)}")


def _require_setup() -> None:
    """Raise an error that lists what `setup` has not installed or built yet."""
    missing = prerequisites.missing_packages()
    missing += [tool.name for tool in programs.TOOLS if not (paths.BIN / tool.name).exists()]
    missing += [path.name for path in (paths.CHARTS, paths.IMAGES) if not path.exists()]
    if missing:
        raise SandboxError(f"missing: {', '.join(missing)}; run `python -m sandbox setup`")


def _start_namespaces() -> None:
    """Start init with the services that survive a stop: databases, but not the cluster."""
    for name in [each.name for each in (*control_plane.all_services(), *topology.NODES)]:
        services.remove(name)
        shutil.rmtree(paths.SERVICES / name, ignore_errors=True)
    servers.remove_pid_files()
    paths.DNS.mkdir(parents=True, exist_ok=True)
    namespaces.start()


def _wanted_nodes(count: int | None) -> list[Node]:
    if count is None:
        return topology.existing_nodes() or list(topology.NODES[:DEFAULT_NODES])
    if not 1 <= count <= len(topology.NODES):
        raise SandboxError(f"--nodes is {count}, but must be 1 to {len(topology.NODES)}")
    return list(topology.NODES[:count])


def down() -> None:
    """Stop all processes; the state directory is kept."""
    with lock.exclusive(LOCK):
        namespaces.stop()


def wipe() -> None:
    """Stop all processes and delete the cluster; databases and images are kept."""
    with lock.exclusive(LOCK):
        namespaces.stop()
        for directory in (paths.ETCD, paths.NODES, paths.PKI):
            shutil.rmtree(directory, ignore_errors=True)


def stop_nodes(chosen: Sequence[Node]) -> None:
    """Stop nodes without draining; the cluster notices after --node-monitor-grace-period."""
    with lock.exclusive(LOCK):
        namespaces.require_init_pid()
        nodes.stop(chosen)


def start_nodes(chosen: Sequence[Node]) -> None:
    """Start nodes and wait until they are ready."""
    with lock.exclusive(LOCK):
        namespaces.require_init_pid()
        nodes.start(chosen)
        nodes.join(chosen)
        nodes.wait_ready(chosen)


def status() -> str:
    """A text that lists all services and database servers with their state."""
    pid = namespaces.init_pid()
    if pid is None:
        return "the sandbox is not running"
    lines = [f"the sandbox is running (init process {pid}), API server {network.API_URL}"]
    for service in services.declared():
        state = services.current_status(service.name)
        if state is None:
            text = "not running"
        elif not readiness.is_ready(service.name):
            text = "running, not ready"
        else:
            text = "running"
        restarts = f", restarted {state.restarts} times" if state and state.restarts else ""
        lines.append(f"  {service.name:26} {text}{restarts}")
    for server in servers.servers():
        lines.append(f"  {server.describe()}")
    return "\n".join(lines)
