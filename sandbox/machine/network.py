"""The addresses of the sandbox: one bridge connects nodes, pods, databases and load balancers."""

from sandbox.machine.paths import INSTANCE, SUFFIX

BRIDGE = "sandbox0"
BRIDGE_MAC = "02:00:0a:58:00:01"
"""Fixed: by default, a bridge's MAC address changes whenever a pod is added or removed."""
LINK = f"coder-sbx{SUFFIX}"
"""The host's network interface to the bridge."""

PREFIX = f"10.88.{INSTANCE}"
SUBNET = f"{PREFIX}.0/24"
GATEWAY = f"{PREFIX}.1"
HOST = f"{PREFIX}.254"
"""The host's address in the subnet."""
SERVICE_CIDR = f"10.96.{INSTANCE}.0/24"
"""The cluster IPs of Kubernetes Services."""
API_SERVICE_IP = f"10.96.{INSTANCE}.1"
CLUSTER_DOMAIN = "cluster.local"

API_URL = f"https://{GATEWAY}:6443"
CHARTS_PORT = 8879
CHARTS_URL = f"http://{GATEWAY}:{CHARTS_PORT}"


def _addresses(first: int, last: int) -> tuple[str, ...]:
    return tuple(f"{PREFIX}.{number}" for number in range(first, last + 1))


NODE_ADDRESSES = _addresses(11, 13)
POD_ADDRESSES = _addresses(20, 99)
DATABASE_ADDRESSES = _addresses(100, 199)
LOAD_BALANCER_ADDRESSES = _addresses(200, 249)
