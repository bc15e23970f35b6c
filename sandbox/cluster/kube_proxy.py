"""kube-proxy: one for all nodes, because they share the sandbox's network namespace."""

from sandbox.cluster import credentials, topology
from sandbox.machine import network, paths, services

HEALTH_PORT = 10256


def service() -> services.Service:
    """kube-proxy."""
    return services.Service(
        name="kube-proxy",
        command=[
            str(paths.BIN / "kube-proxy"),
            f"--kubeconfig={credentials.kubeconfig('proxy')}",
            "--proxy-mode=nftables",
            # A pod that answers a pod of the same bridge directly would bypass the translation of
            # its address.
            "--masquerade-all",
            f"--hostname-override={topology.NODES[0].name}",
            # The limits of conntrack are the host's; a network namespace cannot change them.
            "--conntrack-max-per-core=0",
            "--conntrack-min=0",
            "--conntrack-tcp-timeout-established=0",
            "--conntrack-tcp-timeout-close-wait=0",
            f"--healthz-bind-address={network.GATEWAY}:{HEALTH_PORT}",
            "--metrics-bind-address=127.0.0.1:10249",
        ],
        # Not /healthz, which fails while the node of --hostname-override is stopped.
        ready=f"http://{network.GATEWAY}:{HEALTH_PORT}/livez",
        grace_seconds=3,
    )
