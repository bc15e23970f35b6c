"""What one pod does, read from its status."""

from collections.abc import Collection, Iterator
from datetime import datetime

from components.kubernetes.client import Object


def is_ready(pod: Object) -> bool:
    """Whether the pod serves."""
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def has_started(pod: Object) -> bool:
    """Whether one of its containers has ever run."""
    return any(
        each.get("restartCount", 0) > 0 or "running" in _state(each) or "terminated" in _state(each)
        for each in _containers(pod)
    )


def seconds_running(pod: Object, now: datetime, containers: Collection[str]) -> float:
    """For how long one of its containers of these names has run; 0 while none runs."""
    begun = [
        datetime.fromisoformat(_state(each)["running"]["startedAt"])
        for each in _containers(pod)
        if each["name"] in containers and "running" in _state(each)
    ]
    return max(((now - each).total_seconds() for each in begun), default=0.0)


def activity(pod: Object) -> str:
    """What the pod does, as the end of a sentence."""
    status = pod.get("status", {})
    if is_ready(pod):
        return "is ready"
    for each in status.get("initContainerStatuses") or ():
        if "running" in _state(each):
            return f"runs {each['name']}"
    if any("running" in _state(each) for each in status.get("containerStatuses") or ()):
        return "runs and is not ready"
    return f"is {status.get('phase', 'Unknown')}"


def _containers(pod: Object) -> Iterator[Object]:
    status = pod.get("status", {})
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def _state(container: Object) -> Object:
    return container.get("state") or {}
