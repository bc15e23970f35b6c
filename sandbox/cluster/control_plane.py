"""The cluster's control plane, and what serves all nodes: kube-proxy, DNS, load balancers."""

from sandbox.cluster import credentials, service_addresses, topology
from sandbox.machine import dns, network, paths, services

ETCD_URL = "http://127.0.0.1:2379"
CONTROLLER_MANAGER_PORT = 10257
SCHEDULER_PORT = 10259
PROXY_HEALTH_PORT = 10256


def first() -> list[services.Service]:
    """The parts that need no other."""
    return [_etcd(), _api_server(), dns.part()]


def rest() -> list[services.Service]:
    """The parts that want an API server which answers."""
    return [_controller_manager(), _scheduler(), _proxy(), service_addresses.part(), _charts()]


def everything() -> list[services.Service]:
    """All of them."""
    return [*first(), *rest()]


def _binary(name: str, *flags: str, ready: str, stop_signal: str = "SIGTERM") -> services.Service:
    command = [str(paths.BIN / name), *flags]
    return services.Service(
        name=name, command=command, ready=ready, stop_signal=stop_signal, grace=3
    )


def _etcd() -> services.Service:
    return _binary(
        "etcd",
        f"--data-dir={paths.ETCD}",
        f"--listen-client-urls={ETCD_URL}",
        f"--advertise-client-urls={ETCD_URL}",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--unsafe-no-fsync",
        "--log-level=warn",
        ready="",  # the API server answers only when etcd does
    )


def _api_server() -> services.Service:
    return _binary(
        "kube-apiserver",
        f"--etcd-servers={ETCD_URL}",
        f"--bind-address={network.GATEWAY}",
        f"--advertise-address={network.GATEWAY}",
        f"--client-ca-file={credentials.CA}",
        f"--tls-cert-file={credentials.SERVER}.crt",
        f"--tls-private-key-file={credentials.SERVER}.key",
        f"--service-account-key-file={credentials.SERVICE_ACCOUNTS_KEY}",
        f"--service-account-signing-key-file={credentials.SERVICE_ACCOUNTS_KEY}",
        f"--service-account-issuer=https://kubernetes.default.svc.{network.CLUSTER_DOMAIN}",
        f"--service-cluster-ip-range={network.SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--kubelet-client-certificate={credentials.ADMIN}.crt",
        f"--kubelet-client-key={credentials.ADMIN}.key",
        f"--kubelet-certificate-authority={credentials.CA}",
        "--kubelet-preferred-address-types=InternalIP",
        "--allow-privileged=true",
        "--enable-priority-and-fairness=false",
        ready=f"{network.API_URL}/readyz",
        stop_signal="SIGKILL",  # it keeps nothing, and would wait for its watchers
    )


def _controller_manager() -> services.Service:
    return _binary(
        "kube-controller-manager",
        f"--kubeconfig={credentials.kubeconfig('controller-manager')}",
        f"--service-account-private-key-file={credentials.SERVICE_ACCOUNTS_KEY}",
        f"--root-ca-file={credentials.CA}",
        "--use-service-account-credentials",
        "--node-monitor-grace-period=20s",
        "--kube-api-qps=200",  # by default its start alone takes 4 s of waiting for itself
        "--kube-api-burst=400",
        *_served(CONTROLLER_MANAGER_PORT),
        ready=f"https://{network.GATEWAY}:{CONTROLLER_MANAGER_PORT}/healthz",
    )


def _scheduler() -> services.Service:
    return _binary(
        "kube-scheduler",
        f"--kubeconfig={credentials.kubeconfig('scheduler')}",
        *_served(SCHEDULER_PORT),
        ready=f"https://{network.GATEWAY}:{SCHEDULER_PORT}/healthz",
    )


def _served(port: int) -> list[str]:
    return [
        "--leader-elect=false",
        f"--bind-address={network.GATEWAY}",
        f"--secure-port={port}",
        f"--tls-cert-file={credentials.SERVER}.crt",
        f"--tls-private-key-file={credentials.SERVER}.key",
    ]


def _proxy() -> services.Service:
    return _binary(
        "kube-proxy",
        f"--kubeconfig={credentials.kubeconfig('proxy')}",
        "--proxy-mode=nftables",
        "--masquerade-all",  # pods of one bridge would answer each other past the translation
        f"--hostname-override={topology.NODES[0].name}",
        # the machine's own limits, which a network namespace can't change
        "--conntrack-max-per-core=0",
        "--conntrack-min=0",
        "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
        f"--healthz-bind-address={network.GATEWAY}:{PROXY_HEALTH_PORT}",
        "--metrics-bind-address=127.0.0.1:10249",
        # ready, not /healthz: that one fails while the node whose name it has is off
        ready=f"http://{network.GATEWAY}:{PROXY_HEALTH_PORT}/livez",
    )


def _charts() -> services.Service:
    return services.Service(
        name="charts",
        command=services.python("sandbox.cluster.chart_repository"),
        ready=f"tcp://{network.GATEWAY}:{network.CHARTS_PORT}",
    )
