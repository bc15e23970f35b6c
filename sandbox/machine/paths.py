"""The directories of the sandbox: built programs and state, all outside the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The root directory of the project."""


def _home() -> Path:
    if home := os.environ.get("CODER_SANDBOX_HOME"):
        return Path(home).absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser().absolute() / "coder-sandbox"


HOME = _home()
INSTANCE = int(os.environ.get("CODER_SANDBOX_INSTANCE") or 0)
"""The number of this sandbox, 0 to 255; each has its own state, addresses and names."""
SUFFIX = f"-{INSTANCE}" if INSTANCE else ""
TOOLS = HOME / "tools"
BIN = HOME / "bin"
STATE = HOME / f"state{SUFFIX}"

PKI = STATE / "pki"
CLUSTER_CA = PKI / "ca.crt"
KUBECONFIG = PKI / "admin.kubeconfig"
LOG = STATE / "log"
RUN = STATE / "run"
DNS = STATE / "dns"
SERVICES = STATE / "services"
"""The declarations of the services that init supervises; see services.py."""
ETCD = STATE / "etcd"
NODES = STATE / "nodes"
REGISTRIES = STATE / "registries"
"""How the nodes reach image registries without HTTPS: `<host>:<port>/hosts.toml`."""
POD_ADDRESSES = STATE / "pod-addresses"
IMAGES = HOME / "images"
CHARTS = HOME / "charts"
POSTGRES = STATE / "postgres"
POSTGRES_CA = POSTGRES / "ca.crt"
PULUMI = STATE / "pulumi"

INSIDE = Path("/run/sandbox")
"""Mount point inside the sandbox: short paths that other users can read even if HOME is private."""
INSIDE_POSTGRES = INSIDE / "postgres"
INSIDE_TOOLS = INSIDE / "tools"
