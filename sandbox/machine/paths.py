"""Where the sandbox keeps what it builds and what it runs; nothing of it is in the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project."""


def _home() -> Path:
    if home := os.environ.get("CODER_SANDBOX_HOME"):
        return Path(home).absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser().absolute() / "coder-sandbox"


HOME = _home()
INSTANCE = int(os.environ.get("CODER_SANDBOX_INSTANCE") or 0)
"""Which of the sandboxes of one machine, 0 to 7: state, addresses and names are its own."""
SUFFIX = f"-{INSTANCE}" if INSTANCE else ""
TOOLS = HOME / "tools"
BIN = HOME / "bin"
STATE = HOME / f"state{SUFFIX}"

PKI = STATE / "pki"
KUBECONFIG = PKI / "admin.kubeconfig"
LOG = STATE / "log"
RUN = STATE / "run"
DNS = STATE / "dns"
PARTS = STATE / "parts"
ETCD = STATE / "etcd"
NODES = STATE / "nodes"
POD_ADDRESSES = STATE / "pod-addresses"
IMAGES = HOME / "images"
CHARTS = HOME / "charts"
POSTGRES = STATE / "postgres"
POSTGRES_CA = POSTGRES / "ca.crt"
PULUMI = STATE / "pulumi"

INSIDE = Path("/run/sandbox")
"""Short paths that exist only inside the sandbox, where HOME's own mode does not matter."""
INSIDE_POSTGRES = INSIDE / "postgres"
INSIDE_TOOLS = INSIDE / "tools"
