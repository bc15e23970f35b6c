"""The cluster's nodes, switched on and off."""

import contextlib
import shutil
from collections.abc import Sequence
from datetime import datetime

from kubernetes import client

from sandbox.cluster import api, containerd, image_store, kubelet, node_machine
from sandbox.cluster.topology import Node
from sandbox.machine import cgroups, paths, readiness, services

READY_SECONDS = 90


def power_on(nodes: Sequence[Node]) -> None:
    """Start the nodes' machines with their containerd, and have every image there."""
    for node in nodes:
        cgroups.create(node.name)
        image_store.copy_to(node.name)
        services.write(containerd.part(node.name))
        services.write(node_machine.part(node))
    for node in nodes:
        containerd.wait(node.name)
        image_store.update(node.name)


def start_kubelets(nodes: Sequence[Node]) -> None:
    """Have the nodes join the cluster."""
    for node in nodes:
        services.write(kubelet.part(node))


def power_off(nodes: Sequence[Node]) -> None:
    """End all that runs on the nodes at once, without a word to anyone."""
    for node in nodes:
        services.remove(node.name)
    for node in nodes:
        services.wait_stopped(node.name)
        for directory in (paths.PARTS, services.STATUS):
            shutil.rmtree(directory / node.name, ignore_errors=True)


def retire(nodes: Sequence[Node]) -> None:
    """Switch nodes off for good."""
    power_off(nodes)
    for node in nodes:
        shutil.rmtree(paths.NODES / node.name)
        with contextlib.suppress(*api.ERRORS):
            _core().delete_node(node.name)


def wait_ready(nodes: Sequence[Node]) -> None:
    """Return when the API server has heard from each node's present kubelet that it is ready."""
    readiness.wait([f"{node.name}/kubelet" for node in nodes], READY_SECONDS)
    core = _core()
    for node in nodes:
        name = f"{node.name}/kubelet"

        def ready(node: Node = node, name: str = name) -> bool:
            state = services.current(name)
            return bool(state and _heard_ready(core, node, state.started))

        services.wait_until(ready, f"{node.name} to be Ready", READY_SECONDS, name, pause=0.2)


def wait_usable() -> None:
    """Return when pods can be made: the last that a new cluster lacks is their account."""
    core = _core()

    def there() -> bool:
        with contextlib.suppress(*api.ERRORS):
            core.read_namespaced_service_account("default", "default")
            return True
        return False

    services.wait_until(there, "the default service account", READY_SECONDS, pause=0.1)


def _core() -> client.CoreV1Api:
    return client.CoreV1Api(api.connect())


def _heard_ready(core: client.CoreV1Api, node: Node, since: float) -> bool:
    with contextlib.suppress(*api.ERRORS):
        for condition in api.get(core.read_node, node.name)["status"].get("conditions", []):
            if condition["type"] == "Ready" and condition["status"] == "True":
                heard = datetime.fromisoformat(condition["lastHeartbeatTime"])
                return heard.timestamp() >= int(since)
    return False
