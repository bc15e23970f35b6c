"""The containerd of a node: its configuration file and its CNI network."""

import contextlib
import json
from pathlib import Path
from socket import AF_UNIX
from socket import socket as Socket

from sandbox.machine import files, namespaces, network, paths, services

STATE = Path("/run/containerd")
"""A tmpfs of each node, which disappears when the node is stopped."""
PLUGIN_DIRECTORIES = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
PAUSE_IMAGE = "sandbox.local/pause:1"


def socket(node: str) -> Path:
    """The socket of a node's containerd, as a path inside the sandbox."""
    return paths.INSIDE / node / "containerd.sock"


def service(node: str) -> services.Service:
    """A node's containerd; writes its configuration files."""
    file = paths.NODES / node / "containerd.toml"
    cni_config = paths.NODES / node / "cni" / "sandbox.conflist"
    files.write_atomically(file, config(root(node), STATE, socket(node), cni_config.parent))
    files.write_atomically(cni_config, json.dumps(_cni_config(), indent=2))
    return services.Service(name=_service_name(node), command=["containerd", "--config", str(file)])


def _service_name(node: str) -> str:
    return f"{node}/containerd"


def root(node: str) -> Path:
    """The directory in which a node's containerd stores images and containers."""
    return paths.NODES / node / "containerd"


def wait(node: str) -> None:
    """Wait until a node's containerd accepts connections."""
    path = namespaces.root_directory() / socket(node).relative_to("/")
    wait_for_socket(path, _service_name(node))


def wait_for_socket(path: Path, service_name: str = "") -> None:
    """Wait until the containerd at that socket accepts connections."""

    def accepts() -> bool:
        with contextlib.suppress(OSError), Socket(AF_UNIX) as connection:
            connection.connect(str(path))
            return True
        return False

    services.wait_until(accepts, service_name or "containerd", 20, service_name)


def _plugin_directory() -> Path | None:
    """The directory of the CNI plugins, or None if they are not installed."""
    return next((path for path in PLUGIN_DIRECTORIES if (path / "bridge").exists()), None)


def config(root: Path, state: Path, socket: Path, cni_directory: Path | None) -> str:
    """A configuration file of containerd; without a CNI directory, it cannot serve a kubelet."""
    disabled_cri = "" if cni_directory else '"io.containerd.grpc.v1.cri",'
    return f"""\
version = 2
root = "{root}"
state = "{state}"
disabled_plugins = [
  {disabled_cri}
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

[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "{paths.REGISTRIES}"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{_plugin_directory()}"
conf_dir = "{cni_directory}"
"""


def _cni_config() -> dict[str, object]:
    addresses = {
        "subnet": network.SUBNET,
        "rangeStart": network.POD_ADDRESSES[0],
        "rangeEnd": network.POD_ADDRESSES[-1],
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
