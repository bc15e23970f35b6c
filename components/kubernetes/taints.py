"""Taints of nodes that keep a pod from them.

https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
"""

from collections.abc import Iterable

from components.kubernetes.client import Object

REASON = "untolerated taint(s)"
"""In the scheduler's message, which older versions of Kubernetes end with the taint itself.
https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/framework/plugins/tainttoleration
"""
FORBIDDING = ("NoSchedule", "NoExecute")


def untolerated(pod: Object, nodes: Iterable[Object]) -> list[str]:
    """The taints that the pod does not tolerate, as kubectl shows them."""
    tolerations = pod["spec"].get("tolerations") or ()
    taints = [each for node in nodes for each in node["spec"].get("taints") or ()]
    found = {
        f"{taint['key']}={taint.get('value', '')}:{taint['effect']}"
        for taint in taints
        if taint["effect"] in FORBIDDING
        and not any(_tolerates(each, taint) for each in tolerations)
    }
    return sorted(each.replace("=:", ":") for each in found)


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect", "") not in ("", taint["effect"]):
        return False
    if toleration.get("key", "") not in ("", taint["key"]):
        return False
    same = toleration.get("value", "") == taint.get("value", "")
    return toleration.get("operator") == "Exists" or same
