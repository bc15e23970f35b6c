"""Whether PodSecurity `restricted` admits Coder's pods, judged from the chart's values.

The rules: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from collections.abc import Iterator, Sequence

from components.charts.base import Chart
from components.charts.values import Values, shown

RESTRICTED = "restricted"
VOLUMES = (
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim"),
    *("projected", "secret"),
)
"""The kinds of volumes that are admitted."""
PROFILES = ("RuntimeDefault", "Localhost")
ADMITTED: Values = {"runAsNonRoot": True, "seccompProfile": {"type": PROFILES[0]}}
Fault = tuple[str, str, str]
"""The path of a value, what is wrong with it, and what to set it to; empty to remove it."""


def problems(chart: Chart, given: Values, namespace: str) -> Iterator[str]:
    """One line for each value because of which the API server would refuse Coder's pods."""
    because = f"Namespace {namespace} enforces PodSecurity {RESTRICTED}, so that no pod would start"
    for path, problem, cure in _faults(chart, given):
        yield f"chartValues.{path}: {problem}; {because}; {_command(path, cure)}"


def _faults(chart: Chart, given: Values) -> Iterator[Fault]:
    section = _merged(chart.defaults, given).get(chart.section)
    if not isinstance(section, dict):
        return
    pod = _object(section, "podSecurityContext")
    contexts = {f"{chart.section}.securityContext": _object(section, "securityContext")}
    for index, container in enumerate(_objects(section.get("initContainers"))):
        path = f"{chart.section}.initContainers[{index}].securityContext"
        contexts[path] = _object(container, "securityContext")
    # The pod may leave these to its containers, but must not set them to something else.
    yield from _shared_faults(f"{chart.section}.podSecurityContext", ADMITTED | pod)
    for path, context in contexts.items():
        yield from _container_faults(path, context, pod)
    for index, volume in enumerate(_objects(section.get("volumes"))):
        for kind in volume.keys() - {"name", *VOLUMES}:
            path = f"{chart.section}.volumes[{index}].{kind}"
            yield path, f"must be one of: {', '.join(VOLUMES)}", ""


def _container_faults(path: str, own: Values, pod: Values) -> Iterator[Fault]:
    if own.get("privileged"):
        yield f"{path}.privileged", "is true, must be false", "false"
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"{path}.allowPrivilegeEscalation", "must be false", "false"
    capabilities = _object(own, "capabilities")
    if "ALL" not in (capabilities.get("drop") or ()):
        yield f"{path}.capabilities.drop[0]", "must be ALL", "ALL"
    if added := {*(capabilities.get("add") or ())} - {"NET_BIND_SERVICE"}:
        yield f"{path}.capabilities.add", f"has {', '.join(sorted(added))}, must not", ""
    yield from _shared_faults(path, pod | {k: v for k, v in own.items() if v is not None})


def _shared_faults(path: str, context: Values) -> Iterator[Fault]:
    """The rules of what a container has from the pod unless it sets it itself."""
    if context.get("runAsNonRoot") is not True:
        yield f"{path}.runAsNonRoot", "must be true", "true"
    if context.get("runAsUser") == 0:
        yield f"{path}.runAsUser", "is 0, must be another UID", "1000"
    profile = _object(context, "seccompProfile").get("type")
    if profile not in PROFILES:
        what = f"is {shown(profile)}, " if profile else ""
        yield f"{path}.seccompProfile.type", f"{what}must be {' or '.join(PROFILES)}", PROFILES[0]


def _command(path: str, value: str) -> str:
    key = f"'chartValues.{path}'"
    if value:
        return f"type `pulumi config set --path {key} {value}`"
    return f"type `pulumi config rm --path {key}`"


def _merged(chart: Values, given: Values) -> Values:
    """The values that Helm renders the chart with: maps are merged, lists replaced."""
    return chart | {
        key: _merged(chart[key], value)
        if isinstance(value, dict) and isinstance(chart.get(key), dict)
        else value
        for key, value in given.items()
    }


def _object(parent: Values, key: str) -> Values:
    found = parent.get(key)
    return found if isinstance(found, dict) else {}


def _objects(entries: object) -> Sequence[Values]:
    return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
