"""What is wrong with a pod, in the published provider's words."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.providers.kubernetes.shape import short_name


def problems(pod: Mapping[str, Any]) -> list[str]:
    """One line for each thing that keeps a pod from being ready."""
    status = pod.get("status") or {}
    conditions = {item["type"]: item for item in status.get("conditions") or []}
    ready = conditions.get("Ready")
    if ready is None or ready["status"] == "True" or status.get("phase") == "Succeeded":
        return []
    lines = []
    if ready.get("reason") and ready.get("message"):
        lines.append(ready["message"])
    for container in status.get("containerStatuses") or []:
        if not container.get("ready"):
            lines += _container(container)
    return [f"[Pod {short_name(pod)}]: {line}" for line in lines]


def _container(container: Mapping[str, Any]) -> Iterator[str]:
    state = container.get("state") or {}
    waiting = state.get("waiting") or {}
    if waiting and waiting.get("reason") != "ContainerCreating":
        yield f"[{waiting.get('reason', '')}] {_trimmed(waiting.get('message', ''))}"
    ended = state.get("terminated") or {}
    if ended.get("reason"):
        if ended.get("message"):
            yield f"[{ended['reason']}] {_trimmed(ended['message'])}"
        else:
            yield f'container "{container["name"]}" completed with exit code {ended["exitCode"]}'
    if before := (container.get("lastState") or {}).get("terminated"):
        line = (
            f'container "{container["name"]}" terminated at {before.get("finishedAt")} '
            f"({before.get('reason')}: exit code {before.get('exitCode')})"
        )
        yield f"{line}\n{before['message']}" if before.get("message") else line


def _trimmed(message: str) -> str:
    message = message.removeprefix("rpc error: code = Unknown desc = Error response from daemon: ")
    return message.removesuffix(": manifest unknown")
