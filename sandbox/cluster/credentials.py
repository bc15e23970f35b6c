"""The cluster's certificates and keys, and a kubeconfig for each client of its API server."""

from base64 import b64encode
from pathlib import Path

import yaml

from sandbox.cluster import topology
from sandbox.machine import files, network, paths
from sandbox.machine.certificate_authority import CertificateAuthority, create_key

SERVER = paths.PKI / "server"
"""Path, without suffix, of the certificate and key of all servers of the cluster."""
SERVICE_ACCOUNTS_KEY = paths.PKI / "service-accounts.key"
ADMIN = paths.PKI / "admin"
"""Path, without suffix, of the administrator's certificate and key."""
CONTEXT = "sandbox"

SERVER_HOSTS = (
    "localhost",
    "127.0.0.1",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    f"kubernetes.default.svc.{network.CLUSTER_DOMAIN}",
    network.API_SERVICE_IP,
    network.GATEWAY,
    *network.NODE_ADDRESSES,
)
CLIENTS = {
    "admin": ("admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", "sandbox"),
    "scheduler": ("system:kube-scheduler", "sandbox"),
    "proxy": ("system:kube-proxy", "sandbox"),
} | {node.name: (f"system:node:{node.name}", "system:nodes") for node in topology.NODES}
"""User and group of each client."""


def kubeconfig(client: str) -> Path:
    """The kubeconfig file of a client."""
    return paths.PKI / f"{client}.kubeconfig"


def create() -> None:
    """Create the files that are missing."""
    authority = CertificateAuthority(paths.PKI, "sandbox cluster")
    if not SERVER.with_suffix(".crt").exists():
        authority.issue(SERVER, "kube-apiserver", "sandbox", SERVER_HOSTS)
    if not SERVICE_ACCOUNTS_KEY.exists():
        create_key(SERVICE_ACCOUNTS_KEY)
    for client, (user, group) in CLIENTS.items():
        if not kubeconfig(client).exists():
            authority.issue(paths.PKI / client, user, group)
            files.write_atomically(kubeconfig(client), _kubeconfig(client), 0o600)


def _kubeconfig(client: str) -> str:
    cluster = {"server": network.API_URL, "certificate-authority-data": _base64(paths.CLUSTER_CA)}
    user = {
        "client-certificate-data": _base64(paths.PKI / f"{client}.crt"),
        "client-key-data": _base64(paths.PKI / f"{client}.key"),
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


def _base64(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()
