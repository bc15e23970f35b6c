"""The cluster's nodes: start, stop, delete, and wait for them."""

import contextlib
import shutil
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from kubernetes import client

from sandbox.cluster import api_client, containerd, image_store, kubelet, node_init
from sandbox.cluster.topology import Node
from sandbox.machine import cgroups, paths, readiness, services

READY_SECONDS = 90


def start(nodes: Sequence[Node]) -> None:
    """Start the nodes with containerd and import all images; they do not join the cluster yet."""
    for node in nodes:
        cgroups.create(node.name)
        image_store.copy_to(node.name)
        services.write(containerd.service(node.name))
        services.write(node_init.service(node))
    for node in nodes:
        containerd.wait(node.name)
        image_store.update(node.name)


def join(nodes: Sequence[Node]) -> None:
    """Start the kubelets of running nodes, which makes the nodes join the cluster."""
    for node in nodes:
        services.write(kubelet.service(node))


def stop(nodes: Sequence[Node]) -> None:
    """Kill all processes of the nodes at once, without draining them."""
    for node in nodes:
        services.remove(node.name)
    for node in nodes:
        services.wait_stopped(node.name)
        for directory in (paths.SERVICES, services.STATUS):
            shutil.rmtree(directory / node.name, ignore_errors=True)


def delete(nodes: Sequence[Node]) -> None:
    """Stop the nodes, delete their data and remove them from the cluster."""
    stop(nodes)
    for node in nodes:
        shutil.rmtree(paths.NODES / node.name)
        with contextlib.suppress(*api_client.ERRORS):
            _core_api().delete_node(node.name)


def wait_ready(nodes: Sequence[Node]) -> None:
    """Wait until each node's present kubelet has reported to the API server that it is ready."""
    readiness.wait([kubelet.service_name(node) for node in nodes], READY_SECONDS)
    core = _core_api()
    for node in nodes:
        services.wait_until(
            partial(_is_ready, core, node),
            f"{node.name} to be Ready",
            READY_SECONDS,
            kubelet.service_name(node),
            pause=0.2,
        )


def wait_default_service_account() -> None:
    """Wait for the last object that a new cluster needs before it accepts pods."""
    core = _core_api()

    def exists() -> bool:
        with contextlib.suppress(*api_client.ERRORS):
            core.read_namespaced_service_account("default", "default")
            return True
        return False

    services.wait_until(exists, "the default service account", READY_SECONDS, pause=0.1)


def _core_api() -> "client.CoreV1Api":
    return client.CoreV1Api(api_client.connect())


def _is_ready(core: "client.CoreV1Api", node: Node) -> bool:
    """Whether the node has been reported ready since the start of its present kubelet."""
    status = services.current_status(kubelet.service_name(node))
    if status is None:
        return False
    with contextlib.suppress(*api_client.ERRORS):
        node_object = api_client.get_json(core.read_node, node.name)
        for condition in node_object["status"].get("conditions", []):
            if condition["type"] == "Ready" and condition["status"] == "True":
                reported = datetime.fromisoformat(condition["lastHeartbeatTime"])
                return reported.timestamp() >= int(status.started_at)
    return False
