"""Reads the cluster's objects and events, without the data of Secrets; ends Jobs."""

from components.kubernetes.api import JSON, Api, ClusterError, Forbidden, Object

__all__ = ["Cluster", "ClusterError", "Forbidden", "Object", "termination_message"]

APPS = "apis/apps/v1"
BATCH = "apis/batch/v1"
_METADATA = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
"""Has the API server leave out everything but the metadata."""


class Cluster:
    """The cluster of one context of the kubeconfig; empty for the current one."""

    def __init__(self, context: str) -> None:
        self._api = Api(context)
        self._namespaces: dict[str, Object | None] = {}

    def namespace(self, name: str) -> Object | None:
        """The Namespace of that name; asked once, as several checks begin with it."""
        if name not in self._namespaces:
            self._namespaces[name] = self._api.get("namespaces", name)
        return self._namespaces[name]

    def secret(self, namespace: str, name: str) -> Object | None:
        """The metadata of the Secret of that name."""
        accept = _METADATA.format("")
        return self._api.get("namespaces", namespace, "secrets", name, accept=accept)

    def service_account(self, namespace: str, name: str) -> Object | None:
        """The ServiceAccount of that name."""
        return self._api.get("namespaces", namespace, "serviceaccounts", name)

    def release_revisions(self, namespace: str, name: str) -> list[Object]:
        """The metadata of the Secrets in which Helm stores a release, the oldest first."""
        selector, accept = f"owner=helm,name={name}", _METADATA.format("List")
        found = self._list(namespace, "secrets", selector, accept)
        return sorted(found, key=lambda each: int(each["metadata"]["labels"]["version"]))

    def deployment(self, namespace: str, name: str) -> Object | None:
        """The Deployment of that name."""
        return self._api.get("namespaces", namespace, "deployments", name, group=APPS)

    def ingress(self, namespace: str, name: str) -> Object | None:
        """The Ingress of that name."""
        group = "apis/networking.k8s.io/v1"
        return self._api.get("namespaces", namespace, "ingresses", name, group=group)

    def gateway(self, namespace: str, name: str) -> Object | None:
        """The Gateway of that name; None also where the cluster has no Gateways."""
        group = "apis/gateway.networking.k8s.io/v1"
        return self._api.get("namespaces", namespace, "gateways", name, group=group)

    def config_map(self, namespace: str, name: str) -> Object | None:
        """The ConfigMap of that name."""
        return self._api.get("namespaces", namespace, "configmaps", name)

    def service(self, namespace: str, name: str) -> Object | None:
        """The Service of that name."""
        return self._api.get("namespaces", namespace, "services", name)

    def replica_sets(self, namespace: str, selector: str) -> list[Object]:
        """The ReplicaSets with these labels, the oldest first."""
        found = self._list(namespace, "replicasets", selector, group=APPS)
        return sorted(found, key=_created)

    def job(self, namespace: str, name: str) -> Object | None:
        """The Job of that name."""
        return self._api.get("namespaces", namespace, "jobs", name, group=BATCH)

    def end_job(self, job: Object) -> None:
        """Have a Job fail now instead of at its deadline; another one of its name is left alone."""
        place = ("namespaces", job["metadata"]["namespace"], "jobs", job["metadata"]["name"])
        uid = {"uid": job["metadata"]["uid"]}
        change = {"metadata": uid, "spec": {"activeDeadlineSeconds": 1}}
        self._api.patch(*place, group=BATCH, change=change)

    def nodes(self) -> list[Object]:
        """At most 500 nodes of the cluster."""
        found = self._api.get("nodes", limit="500")
        return list((found or {}).get("items") or ())

    def pods(self, namespace: str, selector: str) -> list[Object]:
        """The pods with these labels, the oldest first."""
        return sorted(self._list(namespace, "pods", selector), key=_created)

    def job_pods(self, namespace: str, job: str) -> list[Object]:
        """The pods of a Job, the oldest first."""
        return self.pods(namespace, f"batch.kubernetes.io/job-name={job}")

    def events(self, namespace: str, uid: str) -> list[Object]:
        """The events of the object with this uid, the newest last."""
        about = f"involvedObject.uid={uid}"
        found = self._api.get("namespaces", namespace, "events", fieldSelector=about)
        return sorted((found or {}).get("items") or (), key=_seen)

    def last_log_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, lines: int
    ) -> list[str]:
        """The end of a container's log, or of the log before its last restart."""
        path = ("namespaces", namespace, "pods", pod, "log")
        query = {"container": container, "tailLines": str(lines)}
        text = self._api.text(*path, **query, **({"previous": "true"} if previous else {}))
        return text.splitlines()

    def _list(
        self,
        namespace: str,
        kind: str,
        selector: str,
        accept: str = JSON,
        *,
        group: str = "api/v1",
    ) -> list[Object]:
        path = ("namespaces", namespace, kind)
        found = self._api.get(*path, group=group, accept=accept, labelSelector=selector)
        # A list of nothing but metadata has no items, not an empty list.
        return list(found.get("items") or ()) if found else []


def _created(found: Object) -> str:
    return found["metadata"]["creationTimestamp"]


def _seen(event: Object) -> str:
    """When the event was seen last; a series and the newer API write it elsewhere."""
    series = (event.get("series") or {}).get("lastObservedTime")
    return series or event.get("lastTimestamp") or event.get("eventTime") or _created(event)


def termination_message(pod: Object) -> str:
    """What the pod's containers said at their end."""
    statuses = pod.get("status", {}).get("containerStatuses") or []
    ended = (each.get("state", {}).get("terminated") or {} for each in statuses)
    return "\n".join(filter(None, (each.get("message", "").strip() for each in ended)))
