"""The services that run once for the whole cluster, in the order in which they can start."""

from sandbox.cluster import audit, chart_repository, credentials, kube_proxy, service_controller
from sandbox.machine import dns, network, paths, services

ETCD_URL = "http://127.0.0.1:2379"
CONTROLLER_MANAGER_PORT = 10257
SCHEDULER_PORT = 10259


def independent_services() -> list[services.Service]:
    """The services that can start before the API server is ready."""
    return [_etcd(), _api_server(), dns.service()]


def api_dependent_services() -> list[services.Service]:
    """The services that need an API server that is ready."""
    return [
        _controller_manager(),
        _scheduler(),
        kube_proxy.service(),
        service_controller.service(),
        chart_repository.service(),
    ]


def all_services() -> list[services.Service]:
    """All services of the control plane."""
    return [*independent_services(), *api_dependent_services()]


def _service(
    program: str, *flags: str, ready: str = "", stop_signal: str = "SIGTERM"
) -> services.Service:
    return services.Service(
        name=program,
        command=[str(paths.BIN / program), *flags],
        ready=ready,
        stop_signal=stop_signal,
        grace_seconds=3,
    )


def _etcd() -> services.Service:
    return _service(
        "etcd",
        f"--data-dir={paths.ETCD}",
        f"--listen-client-urls={ETCD_URL}",
        f"--advertise-client-urls={ETCD_URL}",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--unsafe-no-fsync",
        "--log-level=warn",
        # No readiness check: the API server is ready only if etcd is.
    )


def _api_server() -> services.Service:
    return _service(
        "kube-apiserver",
        f"--etcd-servers={ETCD_URL}",
        f"--bind-address={network.GATEWAY}",
        f"--advertise-address={network.GATEWAY}",
        f"--client-ca-file={paths.CLUSTER_CA}",
        f"--tls-cert-file={credentials.SERVER}.crt",
        f"--tls-private-key-file={credentials.SERVER}.key",
        f"--service-account-key-file={credentials.SERVICE_ACCOUNTS_KEY}",
        f"--service-account-signing-key-file={credentials.SERVICE_ACCOUNTS_KEY}",
        f"--service-account-issuer=https://kubernetes.default.svc.{network.CLUSTER_DOMAIN}",
        f"--service-cluster-ip-range={network.SERVICE_CIDR}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--kubelet-client-certificate={credentials.ADMIN}.crt",
        f"--kubelet-client-key={credentials.ADMIN}.key",
        f"--kubelet-certificate-authority={paths.CLUSTER_CA}",
        "--kubelet-preferred-address-types=InternalIP",
        "--allow-privileged=true",
        "--enable-priority-and-fairness=false",
        *audit.flags(),
        ready=f"{network.API_URL}/readyz",
        stop_signal="SIGKILL",  # it has no state, and after SIGTERM it waits for open watches
    )


def _controller_manager() -> services.Service:
    return _service(
        "kube-controller-manager",
        f"--kubeconfig={credentials.kubeconfig('controller-manager')}",
        f"--service-account-private-key-file={credentials.SERVICE_ACCOUNTS_KEY}",
        f"--root-ca-file={paths.CLUSTER_CA}",
        "--use-service-account-credentials",
        "--node-monitor-grace-period=20s",
        "--kube-api-qps=200",  # the default rate limit delays its start by 4 s
        "--kube-api-burst=400",
        *_serving_flags(CONTROLLER_MANAGER_PORT),
        ready=f"https://{network.GATEWAY}:{CONTROLLER_MANAGER_PORT}/healthz",
    )


def _scheduler() -> services.Service:
    return _service(
        "kube-scheduler",
        f"--kubeconfig={credentials.kubeconfig('scheduler')}",
        *_serving_flags(SCHEDULER_PORT),
        ready=f"https://{network.GATEWAY}:{SCHEDULER_PORT}/healthz",
    )


def _serving_flags(port: int) -> list[str]:
    return [
        "--leader-elect=false",
        f"--bind-address={network.GATEWAY}",
        f"--secure-port={port}",
        f"--tls-cert-file={credentials.SERVER}.crt",
        f"--tls-private-key-file={credentials.SERVER}.key",
    ]
