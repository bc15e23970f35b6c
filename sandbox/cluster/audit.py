"""The API server's audit log: what the ServiceAccounts of one Namespace ask of the cluster.

https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
"""

import yaml

from sandbox.machine import files, paths

NAMESPACE = "audited"
"""The Namespace whose ServiceAccounts' requests are logged."""
POLICY = paths.PKI / "audit-policy.yaml"
LOG = paths.LOG / "audit.jsonl"
_RULES = [
    {"level": "Metadata", "userGroups": [f"system:serviceaccounts:{NAMESPACE}"]},
    {"level": "None"},
]


def create_policy() -> None:
    """Write the policy that the API server reads when it starts."""
    policy = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        # An answer says whether the request was allowed.
        "omitStages": ["RequestReceived"],
        "rules": _RULES,
    }
    files.write_atomically(POLICY, yaml.safe_dump(policy))


def flags() -> list[str]:
    """The flags of the API server."""
    return [f"--audit-policy-file={POLICY}", f"--audit-log-path={LOG}"]
