"""A Coder that the helm CLI installed by hand: taken over by the printed commands, in place."""

import json
from pathlib import Path

import pytest
import yaml

from sandbox.machine import paths
from tests.sandbox.conftest import Make
from tests.sandbox.imports import import_all, kinds
from tests.sandbox.stack import CoderPage, Stack, helm, history, kubectl, wait

VERSION = "2.38.8"
PASSWORD = "B0bs-own-password"
URL = "postgres://bob:{password}@{host}/bobs?sslmode=require"


@pytest.mark.parametrize("protect", [False, True])
def test_a_release_of_the_helm_cli_is_taken_over_in_place(
    protect: bool, make: Make, tmp_path: Path
) -> None:
    stack = make(f"by-hand-{protect}".lower(), chartVersion=VERSION, protect=protect)
    _install(stack, tmp_path / "values.yaml")
    _coder(stack).add_user("ada")
    installed, pods = history(stack), _uids(stack, "pods")
    deployment = _uids(stack, "deployments")
    # The sandbox replaces what the test encrypts for another machine.
    stack.secret("password", PASSWORD).set(existing={})
    names = {
        "postgres.example.com": stack.host,
        "coder_data": "bobs",
        "coder_login": "bob",
    }
    stack.follow("Take a database that exists", names, fails="pulumi preview", typed=PASSWORD)

    imports = import_all(stack)
    assert kinds(imports) == {"Namespace", "Release"}
    assert _import_of_the_release(stack) in imports
    assert history(stack) == installed, "an import changes nothing"
    assert _uids(stack, "pods") == pods

    stack.up()
    first, second = history(stack)
    assert first | {"status": "deployed"} == installed[0], "neither reinstalled nor uninstalled"
    assert (second["revision"], second["status"]) == (2, "deployed")
    assert second["description"] == "Upgrade complete"
    assert _uids(stack, "deployments") == deployment
    assert stack.coder().users() == ["ada"]
    assert _protected(stack) == protect
    stack.unchanged()


def _import_of_the_release(stack: Stack) -> list[str]:
    """The words of the import that makes the release the program's."""
    urn = f"urn:pulumi:{stack.name}::coder"
    words = ["import", "kubernetes:helm.sh/v3:Release", "coder-release", f"{stack.name}/coder"]
    words += ["--parent", f"coder={urn}::coder:coder:Coder::coder"]
    words += ["--provider", f"cluster={urn}::pulumi:providers:kubernetes::cluster"]
    return [*words, "--generate-code=false"]


def _install(stack: Stack, values: Path) -> None:
    """Coder as a person installs it: a login, a Secret with its URL, the chart."""
    stack.run("preview")  # the preview makes the sandbox create the server
    stack.server.sql(f"CREATE ROLE bob LOGIN PASSWORD '{PASSWORD}'")
    stack.server.sql("CREATE DATABASE bobs OWNER bob")
    kubectl("create", "namespace", stack.name)
    url = URL.format(password=PASSWORD, host=stack.host)
    kubectl(
        "-n", stack.name, "create", "secret", "generic", "coder-url", f"--from-literal=url={url}"
    )
    secret = {"secretKeyRef": {"name": "coder-url", "key": "url"}}
    env = [{"name": "CODER_PG_CONNECTION_URL", "valueFrom": secret}]
    values.write_text(yaml.safe_dump({"coder": {"env": env}}))
    chart = paths.CHARTS / "v2" / f"coder-{VERSION}.tgz"
    helm("-n", stack.name, "install", "coder", str(chart), "-f", str(values), "--wait")
    # kube-proxy learns of the ready pod a moment later than Helm.
    wait("Coder answers", lambda: _answers(_coder(stack)))


def _answers(coder: CoderPage) -> bool:
    try:
        return bool(coder.buildinfo())
    except OSError:
        return False


def _coder(stack: Stack) -> CoderPage:
    """Coder at the address of its Service."""
    address = "jsonpath={.status.loadBalancer.ingress[0].ip}"
    found = kubectl("-n", stack.name, "get", "service", "coder", "-o", address)
    return CoderPage(f"http://{found}")


def _uids(stack: Stack, kind: str) -> dict[str, str]:
    """The names and UIDs of Coder's objects of a kind."""
    label = "app.kubernetes.io/name=coder"
    found = json.loads(kubectl("-n", stack.name, "get", kind, "-l", label, "-o", "json"))["items"]
    assert found
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in found}


def _protected(stack: Stack) -> bool:
    """Whether the state protects the release and the Namespace."""
    [namespace, release] = [
        resource.get("protect", False)
        for resource in stack.state()["deployment"]["resources"]
        if resource["urn"].endswith(("::coder-release", "::coder-namespace"))
    ]
    assert namespace == release
    return release
