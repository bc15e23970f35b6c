"""What the published provider says when a cluster refuses, or can't be asked."""

from sandbox.providers.framework.provider import Failure, Operation
from sandbox.providers.kubernetes.cluster import ApiError, NoMatch

_EXISTS = """

The resource already exists in the cluster. This can happen when:
  - it was renamed or moved in the program: add an alias, or set the `deleteBeforeReplace` option
  - only some of its fields are to be managed here: use the kind's Patch resource
  - it is to be managed here from now on: bring it into the stack with `pulumi import`
  - whatever exists may be overwritten: set the provider's `upsertExistingObjects` option"""
_REMOVE = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the "
    'operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)


def not_created(op: Operation, reason: object) -> Failure:
    """The API server would not have it."""
    return Failure(
        f'resource "{op.urn}" was not successfully created by the Kubernetes API server: {reason}'
    )


def exists(op: Operation, resource: str, name: str) -> Failure:
    """There is one of this name already."""
    return not_created(op, f'{resource} "{name}" already exists{_EXISTS}')


def unknown_kind(op: Operation, kind: str, reason: NoMatch) -> Failure:
    """The API server serves no such kind."""
    return Failure(
        f'creation of resource "{op.urn}" with kind {kind} failed because the Kubernetes API '
        "server reported that the apiVersion for this resource does not exist. "
        f"Verify that any required CRDs have been created: {reason}"
    )


def created_unready(op: Operation, reason: object) -> str:
    """It is there, but does not do its work."""
    return (
        f'resource "{op.urn}" was successfully created, but the Kubernetes API server reported '
        f"that it failed to fully initialize or become live: {reason}"
    )


def updated_unready(name: str, reason: object) -> str:
    """It was not changed, or does not do its work since."""
    return (
        f'the Kubernetes API server reported that "{name}" failed to fully initialize or become '
        f"live: {reason}"
    )


def conflict(manager: str, error: ApiError) -> Failure:
    """Somebody else says what a field is."""
    return Failure(
        "Server-Side Apply field conflict detected. See https://www.pulumi.com/registry/packages/"
        "kubernetes/how-to-guides/managing-resources-with-server-side-apply/"
        "#handle-field-conflicts-on-existing-resources for troubleshooting help.\n"
        f'The resource managed by field manager "{manager}" had an apply conflict: {error}'
    )


def unreachable(reason: str) -> str:
    """The cluster does not answer."""
    return f"configured Kubernetes cluster is unreachable: {reason}"


UNREADABLE = f"failed to read resource state due to unreachable cluster. {_REMOVE}"
UNDELETABLE = f"configured Kubernetes cluster is unreachable. {_REMOVE}"
