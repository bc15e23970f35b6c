"""Waiting until objects do their work, or are gone."""

import time
from collections.abc import Mapping
from typing import Any

from sandbox.providers.framework.operation import Cancelled, TimedOut
from sandbox.providers.framework.provider import Operation
from sandbox.providers.kubernetes import rules
from sandbox.providers.kubernetes.cluster import Cluster
from sandbox.providers.kubernetes.shape import annotation

_POLL_SECONDS = 0.25
_FIRST_POLL_SECONDS = 0.05
"""Most objects are gone at once."""


class NotReady(Exception):
    """The object is there, but does not do its work."""

    def __init__(self, summary: str, reasons: list[str], live: dict[str, Any]) -> None:
        super().__init__(summary)
        self.reasons = reasons
        self.live = live


def ready(
    op: Operation, cluster: Cluster, live: dict[str, Any], last: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the object once it does its work; raise NotReady when it will not."""
    rule = rules.rule(live)
    if rule is None or _skipped(live):
        return live
    _limit(op, live)
    look, name = rules.Look(cluster, live, last), live["metadata"]["name"]
    reasons: list[str] = []
    shown, version = "", ""
    while True:
        look.live = cluster.get(look.live) or look.live
        verdict = rule(look)
        for text in verdict.warnings:
            if text not in reasons:
                op.warn(text)
        reasons += [text for text in verdict.reasons if text not in reasons]
        if verdict.done:
            if shown:
                op.status("")
            return look.live
        if verdict.failed:
            summary = f"Resource '{name}' was created but failed to initialize"
            raise NotReady(summary, reasons, look.live)
        if verdict.status != shown:
            op.status(shown := verdict.status)
        if rule is rules.job and look.live["metadata"]["resourceVersion"] != version:
            # A Job's time starts anew with everything that happens to it.
            version, op.started = look.live["metadata"]["resourceVersion"], time.monotonic()
        try:
            op.sleep(_POLL_SECONDS)
        except TimedOut:
            summary = f"'{name}' timed out waiting to be Ready"
            raise NotReady(summary, verdict.reasons or reasons, look.live) from None
        except Cancelled:
            summary = f'Resource operation was cancelled for "{name}"'
            raise NotReady(summary, verdict.reasons or reasons, look.live) from None


def unready(op: Operation, cluster: Cluster, live: dict[str, Any]) -> NotReady | None:
    """Why the object does not do its work at this moment; None when it does."""
    rule = rules.rule(live)
    if rule is None or _skipped(live):
        return None
    look = rules.Look(cluster, live, live, {"settled": True})
    verdict = rule(look)
    if verdict.done:
        return None
    summary = f"Resource '{live['metadata']['name']}' was created but failed to initialize"
    return NotReady(summary, verdict.reasons, live)


def gone(
    op: Operation, cluster: Cluster, thing: Mapping[str, Any], state: Mapping[str, Any]
) -> None:
    """Return once the object is gone."""
    if _skipped(state):
        return
    _limit(op, state)
    shown, pause = "", _FIRST_POLL_SECONDS
    while (live := cluster.get(thing)) is not None:
        if live["metadata"].get("uid") != state["metadata"].get("uid", live["metadata"]["uid"]):
            return
        status = _deletion_status(live)
        if status != shown:
            op.status(shown := status)
        try:
            op.sleep(pause)
            pause = min(2 * pause, _POLL_SECONDS)
        except TimedOut:
            if finalizers := live["metadata"].get("finalizers"):
                op.warn(f"finalizers might be preventing deletion ({', '.join(finalizers)})")
            raise TimedOut(
                f"'{live['metadata']['name']}' timed out waiting to be deleted"
            ) from None


def _deletion_status(live: Mapping[str, Any]) -> str:
    for condition in (live.get("status") or {}).get("conditions") or []:
        waiting = condition["type"] in ("NamespaceContentRemaining", "NamespaceFinalizersRemaining")
        if waiting and condition["status"] == "True":
            return condition["message"]
    return "Resource scheduled for deletion"


def _skipped(thing: Mapping[str, Any]) -> bool:
    return annotation(thing, "pulumi.com/skipAwait") == "true"


def _limit(op: Operation, thing: Mapping[str, Any]) -> None:
    """The program's custom time-out, else the annotation's, else what the kind has."""
    seconds = annotation(thing, "pulumi.com/timeoutSeconds")
    if seconds and not op.custom_timeout:
        op.timeout = float(seconds)
