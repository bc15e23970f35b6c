"""The provider: its settings, and the kinds and releases that it manages."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.providers.framework.provider import Failure, Input, Inputs, Plugin, Resource
from sandbox.providers.framework.values import UNKNOWN
from sandbox.providers.kubernetes.cluster import Cluster
from sandbox.providers.kubernetes.kubeconfig import active_cluster, kubeconfig
from sandbox.providers.kubernetes.objects import KubernetesObject
from sandbox.providers.kubernetes.release import Release

_BOOLEANS = (
    "alwaysRender",
    "deleteUnreachable",
    "enableConfigMapMutable",
    "enablePatchForce",
    "enableSecretMutable",
    "enableServerSideApply",
    "skipUpdateUnreachable",
    "suppressDeprecationWarnings",
    "suppressHelmHookWarnings",
    "upsertExistingObjects",
)
_OBJECTS = ("helmReleaseSettings", "kubeClientSettings")
_STRINGS = ("cluster", "clusterIdentifier", "context", "namespace", "renderYamlToDirectory")


class Kubernetes(Plugin):
    """The stand-in for pulumi-kubernetes."""

    name = "kubernetes"
    settings: ClassVar[Inputs] = {
        **{name: Input("boolean") for name in _BOOLEANS},
        **{name: Input("object") for name in _OBJECTS},
        **{name: Input("string") for name in _STRINGS},
        "kubeconfig": Input("string"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster({})
        self._kinds: dict[str, Resource] = {Release.type: Release(self)}

    def configured(self) -> None:
        """Connect; a cluster that can't be reached only fails what needs it."""
        if self.config.get("renderYamlToDirectory"):
            raise Failure("kubernetes:renderYamlToDirectory is not available in the sandbox")
        if not self.enabled("enableServerSideApply", default=True):
            raise Failure("kubernetes:enableServerSideApply can't be false in the sandbox")
        self.cluster = Cluster(self.config)
        self.cluster.connect()

    def enabled(self, setting: str, default: bool = False) -> bool:
        """Whether a setting that is true or false is true."""
        value = self.config.get(setting)
        return default if value is None else value in (True, "true")

    def resource(self, type: str) -> Resource:
        """Any kind that the API server may know."""
        if type not in self._kinds:
            self._kinds[type] = KubernetesObject(self, type)
        return self._kinds[type]

    def replaces_provider(self, key: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Only another cluster replaces it; the identifier says which, where one is given."""
        if key == "renderYamlToDirectory":
            return True
        if old.get("clusterIdentifier") or new.get("clusterIdentifier"):
            return key == "clusterIdentifier"
        if key not in ("kubeconfig", "context", "cluster"):
            return False
        if UNKNOWN in (new.get("kubeconfig"), new.get("context"), new.get("cluster")):
            return True
        return _cluster_entry(old) != _cluster_entry(new)


def _cluster_entry(settings: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return active_cluster(kubeconfig(settings))
    except Failure:
        return {}
