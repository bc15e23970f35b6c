"""The kubelet of a node: its flags and its configuration file."""

import yaml

from sandbox.cluster import containerd, credentials
from sandbox.cluster.topology import REGION, Node
from sandbox.machine import cgroups, files, network, paths, services

HEALTH_PORT = 10248


def service(node: Node) -> services.Service:
    """A node's kubelet; writes its configuration file."""
    config = paths.NODES / node.name / "kubelet.yaml"
    files.write_atomically(config, yaml.safe_dump(_config(node)))
    labels = {
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": node.zone,
        "node.kubernetes.io/instance-type": "sandbox",
    }
    return services.Service(
        name=service_name(node),
        command=[
            str(paths.BIN / "kubelet"),
            f"--kubeconfig={credentials.kubeconfig(node.name)}",
            f"--config={config}",
            f"--hostname-override={node.name}",
            f"--node-ip={node.address}",
            f"--node-labels={','.join(f'{key}={value}' for key, value in labels.items())}",
        ],
        ready=f"http://{node.address}:{HEALTH_PORT}/healthz",
    )


def service_name(node: Node) -> str:
    """The name of a node's kubelet service."""
    return f"{node.name}/kubelet"


def _config(node: Node) -> dict[str, object]:
    resolv_conf = paths.NODES / node.name / "resolv.conf"
    files.write_atomically(resolv_conf, f"nameserver {network.GATEWAY}\n")
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.address,
        "healthzBindAddress": node.address,
        "healthzPort": HEALTH_PORT,
        "authentication": {
            "anonymous": {"enabled": False},
            "x509": {"clientCAFile": str(paths.CLUSTER_CA)},
            "webhook": {"enabled": False},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "tlsCertFile": f"{credentials.SERVER}.crt",
        "tlsPrivateKeyFile": f"{credentials.SERVER}.key",
        "clusterDNS": [network.GATEWAY],
        "clusterDomain": network.CLUSTER_DOMAIN,
        "resolvConf": str(resolv_conf),
        "containerRuntimeEndpoint": f"unix://{containerd.socket(node.name)}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroups.kubelet_root(node.name),
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "failCgroupV1": False,
        "makeIPTablesUtilChains": False,
        "localStorageCapacityIsolation": False,
        "imageGCHighThresholdPercent": 100,  # off: there is no registry to pull an image again from
        "evictionHard": {
            "nodefs.available": "0%",
            "imagefs.available": "0%",
            "memory.available": "50Mi",
        },
        "nodeStatusUpdateFrequency": "4s",
    }
