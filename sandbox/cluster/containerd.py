"""Each node's containerd: its configuration, and the images that are imported into it."""

import contextlib
import json
from pathlib import Path
from socket import AF_UNIX
from socket import socket as Socket

from sandbox.machine import namespace, network, paths, services

STATE = Path("/run/containerd")
"""Every node has one of its own, and it is gone when the node is switched off."""
PLUGIN_DIRECTORIES = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
PAUSE_IMAGE = "sandbox.local/pause:1"


def socket(node: str) -> Path:
    """Where a node's containerd listens, inside the sandbox."""
    return paths.INSIDE / node / "containerd.sock"


def part(node: str) -> services.Service:
    """A node's containerd."""
    file = paths.NODES / node / "containerd.toml"
    network_config = paths.NODES / node / "cni" / "sandbox.conflist"
    text = config(root(node), STATE, socket(node), network_config.parent)
    services.write_atomically(file, text)
    services.write_atomically(network_config, json.dumps(_network(), indent=2))
    return services.Service(
        name=f"{node}/containerd", command=["containerd", "--config", str(file)]
    )


def root(node: str) -> Path:
    """Where a node's containerd keeps images and containers."""
    return paths.NODES / node / "containerd"


def wait(node: str) -> None:
    """Return once the node's containerd answers."""
    wait_for(namespace.root() / socket(node).relative_to("/"), f"{node}/containerd")


def wait_for(path: Path, part: str = "") -> None:
    """Return once the containerd at that socket answers."""

    def answers() -> bool:
        with contextlib.suppress(OSError), Socket(AF_UNIX) as connection:
            connection.connect(str(path))
            return True
        return False

    services.wait_until(answers, part or "containerd", 20, part)


def plugins() -> Path | None:
    """Where the CNI plugins are; None where they are not installed."""
    return next((path for path in PLUGIN_DIRECTORIES if (path / "bridge").exists()), None)


def config(root: Path, state: Path, socket: Path, network_config: Path | None) -> str:
    """A containerd's configuration; without a network it serves no kubelet."""
    kubelet_plugin = "" if network_config else '"io.containerd.grpc.v1.cri",'
    return f"""\
version = 2
root = "{root}"
state = "{state}"
disabled_plugins = [
  {kubelet_plugin}
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
address = "{socket}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
disable_apparmor = true
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
stream_server_address = "127.0.0.1"
stream_server_port = "0"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{plugins()}"
conf_dir = "{network_config}"
"""


def _network() -> dict[str, object]:
    addresses = {
        "subnet": network.SUBNET,
        "rangeStart": network.PODS[0],
        "rangeEnd": network.PODS[-1],
        "gateway": network.GATEWAY,
    }
    bridge = {
        "type": "bridge",
        "bridge": network.BRIDGE,
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": str(paths.POD_ADDRESSES),
            "routes": [{"dst": "0.0.0.0/0"}],
            "ranges": [[addresses]],
        },
    }
    return {"cniVersion": "0.4.0", "name": "sandbox", "plugins": [bridge]}
