"""Each node's containerd: its configuration, and the images that are imported into it."""

import contextlib
import json
import subprocess
from pathlib import Path
from socket import AF_UNIX
from socket import socket as Socket

from sandbox import SandboxError, namespace, network, parts, paths

STATE = Path("/run/containerd")
"""Every node has one of its own, and it is gone when the node is switched off."""
PLUGIN_DIRECTORIES = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
PAUSE_IMAGE = "sandbox.local/pause:1"


def socket(node: str) -> Path:
    """Where a node's containerd listens, inside the sandbox."""
    return paths.INSIDE / node / "containerd.sock"


def part(node: str) -> parts.Part:
    """A node's containerd."""
    config = paths.NODES / node / "containerd.toml"
    network_config = paths.NODES / node / "cni" / "sandbox.conflist"
    parts.write_atomically(config, _config(node, network_config.parent))
    parts.write_atomically(network_config, json.dumps(_network(), indent=2))
    return parts.Part(name=f"{node}/containerd", command=["containerd", "--config", str(config)])


def wait(node: str) -> None:
    """Return once the node's containerd answers."""
    path = f"{namespace.root()}{socket(node)}"

    def answers() -> bool:
        with contextlib.suppress(OSError), Socket(AF_UNIX) as connection:
            connection.connect(path)
            return True
        return False

    parts.wait_until(answers, f"{node}'s containerd", 20, f"{node}/containerd")


def plugins() -> Path | None:
    """Where the CNI plugins are; None where they are not installed."""
    return next((path for path in PLUGIN_DIRECTORIES if (path / "bridge").exists()), None)


def _config(node: str, network_config: Path) -> str:
    return f"""\
version = 2
root = "{paths.NODES / node / "containerd"}"
state = "{STATE}"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
address = "{socket(node)}"

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


def import_images(nodes: list[str]) -> int:
    """Import into every node the images that it lacks; their number."""
    running = [(node, image, _import(node, image)) for node in nodes for image in _missing(node)]
    for node, image, process in running:
        output, _ = process.communicate()
        if process.returncode:
            raise SandboxError(f"{node} does not take {image}: {output.strip()}")
        _stamp(node, image).write_text(_version(image))
    return len(running)


def _import(node: str, image: Path) -> subprocess.Popen[str]:
    command = ["ctr", "--address", str(socket(node)), "--namespace", "k8s.io"]
    return subprocess.Popen(
        namespace.entering([*command, "images", "import", str(image)]),
        env=namespace.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _missing(node: str) -> list[Path]:
    def imported(image: Path) -> bool:
        stamp = _stamp(node, image)
        return stamp.exists() and stamp.read_text() == _version(image)

    return [image for image in sorted(paths.IMAGES.glob("*.tar")) if not imported(image)]


def _stamp(node: str, image: Path) -> Path:
    """Says which version of an image the node's own store has."""
    return paths.NODES / node / "containerd" / f"{image.name}.imported"


def _version(image: Path) -> str:
    return str(image.stat().st_mtime_ns)
