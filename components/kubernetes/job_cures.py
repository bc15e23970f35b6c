"""What to do about a pod of a Job that does not run."""

from components.kubernetes.causes import Cause, Kind

IMAGE = (
    "set toolsImage to an image that the cluster's nodes can pull, or jobs.imagePullSecrets to "
    "the Secret with the registry's credentials"
)
TOOLS = "set toolsImage to an image with a shell and the programs of PostgreSQL 16 or later"
INJECTION = (
    "exclude the Jobs from the injection: set jobs.labels or jobs.annotations to what the injector "
    "documents"
)
MEMORY = "set jobs.resources.limits.memory to more"
NODES = (
    "unless an autoscaler is adding a node, add one, or set jobs.tolerations and jobs.nodeSelector "
    "to nodes that are there"
)
EVICTED = "the Job starts another one"
RIGHTS = "grant the rights that docs/coder.md lists under In a cluster with rules"


def cure(cause: Cause, namespace: str) -> str:
    """What to type for a cause, as the end of its line."""
    kubectl = f"`kubectl -n {namespace}"
    match cause.kind:
        case Kind.CREATION if "quota" in cause.text:
            return (
                f"set jobs.resources, or raise the quota ({kubectl} describe resourcequota,"
                "limitrange`)"
            )
        case Kind.CREATION if "serviceaccount" in cause.text:
            return "create the service account, or set jobs.serviceAccount to one that exists"
        case Kind.CREATION if "PodSecurity" in cause.text:
            # The pod of this program satisfies `restricted`.
            return f"something adds to the pod what the Namespace forbids; {INJECTION}"
        case Kind.CREATION:
            return "set jobs.labels, jobs.annotations or jobs.resources to what the policy demands"
        case Kind.IMAGE:
            return IMAGE
        case Kind.START if "exec" in cause.text:
            return TOOLS
        case Kind.MEMORY:
            return MEMORY
        case Kind.SCHEDULING:
            return NODES
        case Kind.SIDECAR:
            return INJECTION
        case Kind.EVICTION:
            return EVICTED
        case Kind.UNKNOWN:
            return RIGHTS
        case _:
            return f"for more type {kubectl} describe pods -l app.kubernetes.io/part-of=coder`"
