"""Which database the stack asks for, on any server."""

import dataclasses
import re
from collections.abc import Iterator

from components.kubernetes.client import Cluster
from components.kubernetes.images import DOCKER_HUB
from components.kubernetes.job_settings import JobPods

NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,52}[a-z0-9])?")
IMAGE = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?")
RESERVED = ("kube-node-lease", "kube-public", "kube-system")
"""Kubernetes' own Namespaces."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatabaseSpec:
    """The owner of a database, and where the Job that creates it runs."""

    stack: str
    """The owner, as `project/stack`; the database's comment names it."""
    flavour: str
    """Of Coder's chart; the database's comment names it."""
    cluster: Cluster
    """Asked, before an object is created, whether there is another one of that name."""
    namespace: str
    """Coder's namespace; the Job runs in `<namespace>-database`."""
    password_generation: int
    job_pods: JobPods
    protect: bool

    def problems(self) -> Iterator[str]:
        """One line for each invalid setting."""
        # `<namespace>-database` must fit into the 63 characters of a DNS label.
        if not NAMESPACE.fullmatch(self.namespace):
            yield (
                f'namespace: is "{self.namespace}", must be at most 54 of a-z, 0-9 and -, and '
                "begin and end with a letter or digit"
            )
        if self.namespace in RESERVED:
            yield (
                f'namespace: is "{self.namespace}", which belongs to Kubernetes; choose another '
                "one: `pulumi config set namespace coder`"
            )
        if self.password_generation < 1:
            yield f"passwordGeneration: is {self.password_generation}, must be 1 or more"
        if not IMAGE.fullmatch(self.job_pods.image):
            yield f'toolsImage: is "{self.job_pods.image}", must be an image such as {DOCKER_HUB}'
        yield from self.job_pods.settings.problems()
