"""The sandbox's addresses: one bridge that carries nodes, pods, databases and load balancers."""

from sandbox.machine.paths import INSTANCE, SUFFIX

BRIDGE = "sandbox0"
BRIDGE_MAC = "02:00:0a:58:00:01"
"""Set, for a bridge without one changes it whenever a pod comes or goes."""
LINK = f"coder-sbx{SUFFIX}"
"""The machine's own interface to the bridge."""

PREFIX = f"10.{88 + INSTANCE}.0"
SUBNET = f"{PREFIX}.0/24"
GATEWAY = f"{PREFIX}.1"
HOST = f"{PREFIX}.254"
SERVICES = f"10.{96 + INSTANCE}.0.0/16"
API_SERVICE = f"10.{96 + INSTANCE}.0.1"
CLUSTER_DOMAIN = "cluster.local"

API_URL = f"https://{GATEWAY}:6443"
CHARTS_PORT = 8879
CHARTS_URL = f"http://{GATEWAY}:{CHARTS_PORT}"


def _addresses(first: int, last: int) -> tuple[str, ...]:
    return tuple(f"{PREFIX}.{number}" for number in range(first, last + 1))


NODES = _addresses(11, 13)
PODS = _addresses(20, 99)
DATABASES = _addresses(100, 199)
LOAD_BALANCERS = _addresses(200, 249)
