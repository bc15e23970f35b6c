"""Each node's kubelet and its configuration."""

import yaml

from sandbox.cluster import containerd, credentials
from sandbox.cluster.topology import REGION, Node
from sandbox.machine import cgroups, network, paths, services

HEALTH_PORT = 10248


def part(node: Node) -> services.Service:
    """The node's kubelet."""
    config = paths.NODES / node.name / "kubelet.yaml"
    services.write_atomically(config, yaml.safe_dump(_config(node)))
    labels = {
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": node.zone,
        "node.kubernetes.io/instance-type": "sandbox",
    }
    return services.Service(
        name=f"{node.name}/kubelet",
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


def _config(node: Node) -> dict[str, object]:
    resolver = paths.NODES / node.name / "resolv.conf"
    services.write_atomically(resolver, f"nameserver {network.GATEWAY}\n")
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.address,
        "healthzBindAddress": node.address,
        "healthzPort": HEALTH_PORT,
        "authentication": {
            "anonymous": {"enabled": False},
            "x509": {"clientCAFile": str(credentials.CA)},
            "webhook": {"enabled": False},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "tlsCertFile": f"{credentials.SERVER}.crt",
        "tlsPrivateKeyFile": f"{credentials.SERVER}.key",
        "clusterDNS": [network.GATEWAY],
        "clusterDomain": network.CLUSTER_DOMAIN,
        "resolvConf": str(resolver),
        "containerRuntimeEndpoint": f"unix://{containerd.socket(node.name)}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroups.of(node.name),
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "failCgroupV1": False,
        "makeIPTablesUtilChains": False,
        "localStorageCapacityIsolation": False,
        "imageGCHighThresholdPercent": 100,  # no image could be pulled again
        "evictionHard": {
            "nodefs.available": "0%",
            "imagefs.available": "0%",
            "memory.available": "50Mi",
        },
        "nodeStatusUpdateFrequency": "4s",
    }
