"""Which database the stack asks for, on any server."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from components.kubernetes.client import Cluster
from components.kubernetes.images import DOCKER_HUB
from components.kubernetes.job_settings import JobPods
from components.kubernetes.labels import label_problems

NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,52}[a-z0-9])?")
IMAGE = re.compile(r"[\w.-]+(:\d+)?(/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?")
RESERVED = ("kube-node-lease", "kube-public", "kube-system")
"""Kubernetes' own Namespaces."""
POD_SECURITY = "pod-security.kubernetes.io/"
"""Begins the labels of PodSecurity."""
LEVELS = ("privileged", "baseline", "restricted")


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
    """Coder's namespace."""
    create_namespace: bool
    create_database_namespace: bool = True
    namespace_labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Of the Namespaces that the stack creates."""
    password_generation: int
    job_pods: JobPods
    protect: bool

    @property
    def database_namespace(self) -> str:
        """Where the Job runs that creates the database."""
        return f"{self.namespace}-database"

    def namespace_metadata(self, name: str) -> Any:
        """The metadata of a Namespace that the stack creates."""
        labels = {"labels": dict(self.namespace_labels)} if self.namespace_labels else {}
        return {"name": name, **labels}

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
        yield from label_problems("namespaceLabels", self.namespace_labels)
        for key, value in self.namespace_labels.items():
            if (
                key.startswith(POD_SECURITY)
                and not key.endswith("-version")
                and value not in LEVELS
            ):
                yield f'namespaceLabels["{key}"]: is "{value}", must be one of: {", ".join(LEVELS)}'
        if self.namespace_labels and not self.create_namespace:
            yield (
                "namespaceLabels: is set, and createNamespace is false, so that the program would "
                "not set them; remove it, and type `kubectl label namespace "
                f"{self.namespace} {self.database_namespace} …`"
            )
