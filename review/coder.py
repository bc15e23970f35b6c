"""What a plan does to Coder in the cluster: its pods, its Jobs and its Namespace."""

from collections.abc import Iterator

from review.markdown import code
from review.plan import MARKER, RELEASE, Plan, Step
from review.visible import value

RELEASE_TYPE = "kubernetes:helm.sh/v3:Release"
NAMESPACE_TYPE = "kubernetes:core/v1:Namespace"
JOB_TYPE = "kubernetes:batch/v1:Job"


def coder_lines(plan: Plan) -> Iterator[str]:
    """What restarts Coder's pods, which Jobs run, and what would be lost with a Namespace."""
    release = plan.step(RELEASE)
    if release and release.type == RELEASE_TYPE:
        yield from _release(release, plan.step(MARKER))
    if jobs := [code(step.name) for step in plan.changes() if _runs(step)]:
        yield f"These Jobs run: {', '.join(jobs)}."
    for step in plan.changes():
        if step.type == NAMESPACE_TYPE and _ends(step):
            yield f"**The Namespace {code(step.name)} is deleted, with everything in it.**"


def _release(release: Step, marker: Step | None) -> Iterator[str]:
    if release.op in ("create", "import"):
        yield f"Coder is installed: chart {_version(release.new.get('version'))}."
    elif release.op == "delete":
        yield "**Coder is uninstalled.**"
    elif release.op != "update":
        yield "**Coder is uninstalled and installed anew.**"
    elif causes := [*_upgrade(release), *_connection(marker)]:
        yield f"**Coder's pods restart**, because of {' and '.join(causes)}."
    else:
        names = ", ".join(map(code, release.paths)) or "its inputs"
        yield f"Coder's pods restart if the chart uses in them what changes of its values: {names}."


def _upgrade(release: Step) -> Iterator[str]:
    old, new = (each.get("version") for each in (release.old, release.new))
    if old != new:
        yield f"the chart's version ({_version(old)} → {_version(new)})"


def _connection(marker: Step | None) -> Iterator[str]:
    """The marker's data are digests and names of the connection: only their keys are shown."""
    if marker is None:
        return
    old, new = (each.get("data") for each in (marker.old, marker.new))
    keys: list[str] = []
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in new if old.get(key) != new[key] and key != "chart"]
    if keys or marker.op == "create":
        yield f"the connection to the database ({', '.join(map(code, keys)) or 'new'})"


def _version(found: object) -> str:
    return code(value(found))


def _runs(step: Step) -> bool:
    return step.type == JOB_TYPE and step.op in ("create", "replace")


def _ends(step: Step) -> bool:
    return step.op in ("delete", "replace")
