"""PodSecurity `restricted` is compared with the chart's values at preview, not at a time-out."""

from typing import Any

import pytest

from tests.unit.pretend import Engine, deploy, refused
from tests.unit.stacks import MADE, Stack, made

ENFORCE = "pod-security.kubernetes.io/enforce"
FLAVOURS = {"1.21.0": "coderd", "1.44.3": "coderd", "2.34.10": "coder", "2.38.8": "coder"}
DROP: dict[str, Any] = {"capabilities": {"drop": ["ALL"]}}
DROPPED: dict[str, Any] = {"securityContext": DROP}


def stack(values: dict[str, Any] | None = None, version: str = "2.38.8") -> Stack:
    """A stack of that chart with these values of its section."""
    return made(
        chartVersion=version,
        chartValues={FLAVOURS[version]: values} if values else {},
        existing=MADE | {"sslMode": "require"},
        exposure="none",  # the first version has no value for the annotations of another
    )


def labelled(level: str = "restricted") -> Engine:
    engine = Engine()
    engine.namespace_metadata = {"coder": {"labels": {ENFORCE: level}}}
    return engine


def line(path: str, problem: str, value: str) -> str:
    key = f"'chartValues.{path}'"
    cure = f"set --path {key} {value}" if value else f"rm --path {key}"
    return (
        f"chartValues.{path}: {problem}; Namespace coder enforces PodSecurity restricted, so that "
        f"no pod would start; type `pulumi config {cure}`"
    )


@pytest.mark.parametrize("version", FLAVOURS)
def test_what_the_charts_default_lacks_is_named_with_the_command(version: str) -> None:
    path = f"{FLAVOURS[version]}.securityContext.capabilities.drop[0]"
    lines = [line(path, "must be ALL", "ALL")]
    assert refused(stack(version=version), engine=labelled()) == lines
    assert refused(stack(version=version) | {"namespaceLabels": {ENFORCE: "restricted"}}) == lines
    deploy(stack(DROPPED, version), engine=labelled())


@pytest.mark.parametrize("level", ["baseline", "privileged", ""])
def test_other_levels_admit_the_charts_pods(level: str) -> None:
    deploy(stack(), engine=labelled(level))


def test_a_label_of_the_settings_replaces_the_one_in_the_cluster() -> None:
    deploy(stack() | {"namespaceLabels": {ENFORCE: "baseline"}}, engine=labelled())


CONTEXT = "coder.securityContext"
POD = "coder.podSecurityContext"
FAULTS: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({"securityContext": DROP | {"privileged": True}},
     (f"{CONTEXT}.privileged", "is true, must be false", "false")),
    ({"securityContext": DROP | {"allowPrivilegeEscalation": True}},
     (f"{CONTEXT}.allowPrivilegeEscalation", "must be false", "false")),
    ({"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}},
     (f"{CONTEXT}.capabilities.drop[0]", "must be ALL", "ALL")),
    ({"securityContext": {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE", "CHOWN"]}}},
     (f"{CONTEXT}.capabilities.add", "has CHOWN, must not", "")),
    ({"securityContext": DROP | {"runAsNonRoot": False}},
     (f"{CONTEXT}.runAsNonRoot", "must be true", "true")),
    ({"securityContext": DROP | {"runAsUser": 0}},
     (f"{CONTEXT}.runAsUser", "is 0, must be another UID", "1000")),
    ({"securityContext": DROP | {"seccompProfile": {"type": "Unconfined"}}},
     (f"{CONTEXT}.seccompProfile.type",
      'is "Unconfined", must be RuntimeDefault or Localhost', "RuntimeDefault")),
    ({"securityContext": DROP, "podSecurityContext": {"runAsNonRoot": False}},
     (f"{POD}.runAsNonRoot", "must be true", "true")),
    ({"securityContext": DROP, "podSecurityContext": {"runAsUser": 0}},
     (f"{POD}.runAsUser", "is 0, must be another UID", "1000")),
    ({"securityContext": DROP, "volumes": [{"name": "a", "emptyDir": {}},
                                           {"name": "b", "hostPath": {"path": "/"}}]},
     ("coder.volumes[1].hostPath", "must be one of: configMap, csi, downwardAPI, emptyDir, "
      "ephemeral, persistentVolumeClaim, projected, secret", "")),
    ({"securityContext": DROP, "initContainers": [{"name": "a", "securityContext":
      DROP | {"runAsNonRoot": True, "seccompProfile": {"type": "Localhost"}}}]},
     ("coder.initContainers[0].securityContext.allowPrivilegeEscalation", "must be false",
      "false")),
]  # fmt: skip


@pytest.mark.parametrize(("values", "fault"), FAULTS, ids=[fault[0] for _, fault in FAULTS])
def test_each_value_that_would_be_refused_is_named(
    values: dict[str, Any], fault: tuple[str, str, str]
) -> None:
    assert refused(stack(values), engine=labelled()) == [line(*fault)]


def test_a_container_has_what_the_pod_has() -> None:
    container = {"name": "a", "securityContext": DROP | {"allowPrivilegeEscalation": False}}
    pod = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    values = DROPPED | {"podSecurityContext": pod, "initContainers": [container]}
    deploy(stack(values), engine=labelled())
    del values["podSecurityContext"]
    assert len(refused(stack(values), engine=labelled())) == 2
