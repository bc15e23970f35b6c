"""The cluster's certificates, and a kubeconfig for each of those who use its API server."""

from base64 import b64encode
from pathlib import Path

import yaml

from sandbox.cluster import topology
from sandbox.cluster.pki import Authority, create_key
from sandbox.machine import network, paths, services

CA = paths.PKI / "ca.crt"
SERVER = paths.PKI / "server"
"""Certificate and key of the API server and of all that serve beside it."""
SERVICE_ACCOUNTS_KEY = paths.PKI / "service-accounts.key"
ADMIN = paths.PKI / "admin"
CONTEXT = "sandbox"

SERVER_HOSTS = (
    "localhost",
    "127.0.0.1",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    f"kubernetes.default.svc.{network.CLUSTER_DOMAIN}",
    network.API_SERVICE,
    network.GATEWAY,
    *network.NODES,
)
CLIENTS = {
    "admin": ("admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", "sandbox"),
    "scheduler": ("system:kube-scheduler", "sandbox"),
    "proxy": ("system:kube-proxy", "sandbox"),
} | {each.name: (f"system:node:{each.name}", "system:nodes") for each in topology.NODES}


def kubeconfig(client: str) -> Path:
    """The file with which a client reaches the API server."""
    return paths.PKI / f"{client}.kubeconfig"


def create() -> None:
    """Make what is missing."""
    authority = Authority(paths.PKI, "sandbox cluster")
    if not SERVER.with_suffix(".crt").exists():
        authority.issue(SERVER, "kube-apiserver", "sandbox", SERVER_HOSTS)
    if not SERVICE_ACCOUNTS_KEY.exists():
        create_key(SERVICE_ACCOUNTS_KEY)
    for client, (user, group) in CLIENTS.items():
        if not kubeconfig(client).exists():
            authority.issue(paths.PKI / client, user, group)
            services.write_atomically(kubeconfig(client), _kubeconfig(client), 0o600)


def _kubeconfig(client: str) -> str:
    cluster = {"server": network.API_URL, "certificate-authority-data": _data(CA)}
    user = {
        "client-certificate-data": _data(paths.PKI / f"{client}.crt"),
        "client-key-data": _data(paths.PKI / f"{client}.key"),
    }
    context = {"cluster": CONTEXT, "user": client}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": CONTEXT, "cluster": cluster}],
            "users": [{"name": client, "user": user}],
            "contexts": [{"name": CONTEXT, "context": context}],
            "current-context": CONTEXT,
        }
    )


def _data(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()
