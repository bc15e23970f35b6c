"""A cluster with taints, quotas, PodSecurity `restricted` and rules for Namespaces' labels."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.machine import paths
from tests.sandbox.conftest import Make
from tests.sandbox.stack import SOON_READY, Stack, history, kubectl, wait
from tests.unit.charts import render

ENFORCE = "pod-security.kubernetes.io/enforce=restricted"
TAINT = "dedicated=coder:NoSchedule"
TOLERATIONS = [{"key": "dedicated", "operator": "Exists"}]
VIOLATION = 'violates PodSecurity "restricted'
QUOTA = "requests.cpu=4,requests.memory=8Gi,limits.cpu=8,limits.memory=16Gi"
SPACES = ("governed", "governed-database")
POLICY: dict[str, Any] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "labelled"},
    "spec": {
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE"],
                    "resources": ["namespaces"],
                }
            ]
        },
        "matchConditions": [
            {"name": "own", "expression": "object.metadata.name.startsWith('labelled')"}
        ],
        "validations": [
            {
                "expression": "'team' in object.metadata.?labels.orValue({})",
                "message": "a Namespace needs the label team",
            }
        ],
    },
}
BINDING: dict[str, Any] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicyBinding",
    "metadata": {"name": "labelled"},
    "spec": {"policyName": "labelled", "validationActions": ["Deny"]},
}


@pytest.fixture(scope="module")
def governed(make: Make) -> Iterator[Stack]:
    """A stack whose Namespaces are prepared by hand, on tainted nodes."""
    for space in SPACES:
        kubectl("create", "namespace", space)
        kubectl("label", "namespace", space, ENFORCE)
        kubectl("-n", space, "create", "quota", "all", f"--hard={QUOTA}")
    kubectl("taint", "nodes", "--all", TAINT)
    yield make("governed", createNamespace=False, chartVersion="2.38.8")
    kubectl("taint", "nodes", "--all", f"{TAINT}-")


def commands(said: str) -> list[list[str]]:
    """The `pulumi config set --path` commands in a refusal, as key and value."""
    return [shlex.split(each) for each in re.findall(r"`pulumi config set --path (.*?)`", said)]


def test_the_values_of_the_refusal_are_what_the_api_server_demands(
    governed: Stack, tmp_path: Path
) -> None:
    for version, flavour in (("1.44.3", "classic"), ("2.38.8", "v2")):
        section = "coderd" if flavour == "classic" else "coder"
        values = SOON_READY if flavour == "classic" else {}
        said = governed.set(chartVersion=version, chartValues=values).fails("preview")
        key = f"chartValues.{section}.securityContext.capabilities.drop[0]"
        assert commands(said) == [[key, "ALL"]]
        chart = paths.CHARTS / flavour / f"coder-{version}.tgz"
        drop = {section: {"securityContext": {"capabilities": {"drop": ["ALL"]}}}}
        # Classic's container of migrations has no resources, which the quota refuses, too.
        assert VIOLATION in refusal(tmp_path, render(chart, {}).pod())
        assert VIOLATION not in refusal(tmp_path, render(chart, drop).pod())


def refusal(folder: Path, spec: dict[str, Any]) -> str:
    """What the API server says to a pod in the Namespace; empty if it admits it."""
    spec = spec | {"serviceAccountName": "default"}
    manifest = folder / "pod.json"
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    manifest.write_text(json.dumps(pod))
    words = ("-n", "governed", "create", "--dry-run=server", "-f", str(manifest))
    try:
        kubectl(*words)
    except AssertionError as error:
        return str(error)
    return ""


def test_a_taint_is_named_with_the_setting_that_tolerates_it(
    governed: Stack, tmp_path: Path
) -> None:
    """Ends the updates by Ctrl-C: while a Job is awaited, and while Coder's rollout is."""
    drop = {"securityContext": {"capabilities": {"drop": ["ALL"]}}}
    governed.set(chartVersion="2.38.8", chartValues={"coder": drop})
    reason = "no node can run a pod: 0/2 nodes are available: 2 node(s) had untolerated taint"
    line = f"Job postgres-database-roles: {reason}"
    said = governed.interrupt(tmp_path / "roles.log", line, 100)
    assert "The nodes have dedicated=coder:NoSchedule" in said
    assert "set jobs.tolerations and jobs.nodeSelector to nodes that are there" in said
    governed.set(jobs={"tolerations": TOLERATIONS})
    line = f"Coder is not ready yet: {reason}"
    said = governed.interrupt(tmp_path / "coder.log", line, 150)
    assert f"Job postgres-database-roles: {reason}" not in said
    governed.set(jobs={})


def test_coder_and_all_jobs_run_where_the_namespaces_are_prepared(governed: Stack) -> None:
    drop = {"securityContext": {"capabilities": {"drop": ["ALL"]}}, "tolerations": TOLERATIONS}
    governed.set(chartVersion="2.38.8", chartValues={"coder": drop}).up()
    assert governed.coder().buildinfo()["database"]["host"] == governed.host
    resources = governed.state()["deployment"]["resources"]
    assert not [each for each in resources if each["type"].endswith(":Namespace")]
    governed.unchanged()


def test_an_upgrade_whose_template_fails_changes_nothing(governed: Stack) -> None:
    before, values = history(governed), governed.settings["chartValues"]
    broken = {"extraTemplates": ['{{ fail "set the owner" }}']}
    said = governed.set(chartValues=values | broken).fails("up", "--yes", "--skip-preview")
    errors = {line.partition("error: ")[2] for line in said.splitlines() if "owner" in line}
    assert len(errors) == 1, said
    assert errors.pop().endswith("(coder/templates/extra-templates.yaml:3:3): set the owner")
    assert history(governed) == before
    governed.set(chartValues=values).unchanged()


def test_labels_get_the_namespaces_past_an_admission_rule(make: Make, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump_all([POLICY, BINDING]))
    kubectl("apply", "-f", str(rules))
    probe = ("create", "namespace", "labelled-probe", "--dry-run=server", "-o", "name")
    wait("the policy", lambda: not kubectl(*probe, check=False), 60)
    values = SOON_READY | {"services": {"tolerations": TOLERATIONS}}
    stack = make("labelled", chartValues=values)
    try:
        said = stack.fails("up", "--yes", "--skip-preview")
        assert "a Namespace needs the label team" in said
        stack.set(namespaceLabels={"team": "platform"}).up()
    finally:
        kubectl("delete", "-f", str(rules))
    labelled = kubectl("get", "namespaces", "-l", "team=platform", "-o", "name").split()
    assert labelled == ["namespace/labelled", "namespace/labelled-database"]
    # A stack that was made when createNamespace was about Coder's Namespace alone has both.
    stack.set(namespaceLabels={}, createNamespace=False)
    done = stack.run("preview", "--target", "**postgres-database-namespace")
    assert done.returncode == 0, done.stdout
    assert "delete" not in done.stdout, done.stdout
