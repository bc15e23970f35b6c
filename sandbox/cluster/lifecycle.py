"""The sandbox as a whole: brought up, taken down, looked at, wiped."""

import shutil
import time
from collections.abc import Callable, Sequence

from sandbox import SandboxError
from sandbox.cluster import control_plane, credentials, nodes, topology
from sandbox.cluster.topology import Node
from sandbox.machine import lock, namespace, network, paths, prerequisites, readiness, services
from sandbox.postgres import servers
from sandbox.tools import programs

inside = namespace.inside
LOCK = "cluster"
DEFAULT_NODES = 2
READY_SECONDS = 90


def up(number: int | None = None, say: Callable[[str], object] = print) -> None:
    """Have all that is declared running and ready; what runs already is left alone."""
    began = time.monotonic()

    def step(text: str) -> None:
        say(f"{time.monotonic() - began:5.1f} s  {text}")

    _require_setup()
    with lock.exclusive(LOCK):
        if namespace.pid() is None:
            _launch()
            step("namespaces and their first process")
        else:
            step("the sandbox is up already; looking after its parts")
        namespace.connect()
        credentials.create()
        for part in control_plane.first():
            services.write(part)
        databases = servers.resume()
        wanted = _wanted(number)
        nodes.power_on(wanted)
        step("every node's containerd, with all images")
        readiness.wait(["kube-apiserver"], READY_SECONDS)
        step("API server")
        for part in control_plane.rest():
            services.write(part)
        nodes.start_kubelets(wanted)
        if number is not None:
            nodes.retire([each for each in topology.known() if each not in wanted])
        for server in databases:
            server.wait()
        readiness.wait([part.name for part in services.declared()], READY_SECONDS)
        nodes.wait_ready(wanted)
        nodes.wait_usable()
        step(f"ready: {', '.join(f'{each.name} in {each.zone}' for each in wanted)}")


def _require_setup() -> None:
    """Say at once what would otherwise show as a part that never starts."""
    lacking = prerequisites.packages()
    lacking += [tool.name for tool in programs.TOOLS if not (paths.BIN / tool.name).exists()]
    lacking += [place.name for place in (paths.CHARTS, paths.IMAGES) if not place.exists()]
    if lacking:
        raise SandboxError(f"missing: {', '.join(lacking)}; run `python -m sandbox setup`")


def _launch() -> None:
    """Start the namespaces with what they keep between runs: databases and such, no cluster."""
    for name in [each.name for each in (*control_plane.everything(), *topology.NODES)]:
        services.remove(name)
        shutil.rmtree(paths.PARTS / name, ignore_errors=True)
    servers.forget_processes()
    paths.DNS.mkdir(parents=True, exist_ok=True)
    namespace.launch()


def _wanted(number: int | None) -> list[Node]:
    if number is None:
        return topology.known() or list(topology.NODES[:DEFAULT_NODES])
    if not 1 <= number <= len(topology.NODES):
        raise SandboxError(f"{number} nodes: it must be 1 to {len(topology.NODES)}")
    return list(topology.NODES[:number])


def down() -> None:
    """End everything; what is kept is in the state directory."""
    with lock.exclusive(LOCK):
        namespace.end()


def wipe() -> None:
    """Delete the cluster, its certificates included; databases and images stay."""
    with lock.exclusive(LOCK):
        namespace.end()
        for directory in (paths.ETCD, paths.NODES, paths.PKI):
            shutil.rmtree(directory, ignore_errors=True)


def stop_nodes(chosen: Sequence[Node]) -> None:
    """Switch machines off; the cluster notices after its grace period."""
    with lock.exclusive(LOCK):
        namespace.require()
        nodes.power_off(chosen)


def start_nodes(chosen: Sequence[Node]) -> None:
    """Switch machines on, and return when they are ready."""
    with lock.exclusive(LOCK):
        namespace.require()
        nodes.power_on(chosen)
        nodes.start_kubelets(chosen)
        nodes.wait_ready(chosen)


def status() -> str:
    """What runs, in lines for a person."""
    first = namespace.pid()
    if first is None:
        return "the sandbox is down"
    lines = [f"the sandbox is up (process {first}), API server {network.API_URL}"]
    for part in services.declared():
        state = services.current(part.name)
        if state is None:
            text = "not running"
        elif not readiness.ready(part.name):
            text = "running, not ready"
        else:
            text = "running"
        restarts = f", restarted {state.restarts} times" if state and state.restarts else ""
        lines.append(f"  {part.name:26} {text}{restarts}")
    for server in servers.servers():
        lines.append(f"  {server.describe()}")
    return "\n".join(lines)
