"""Previews, updates, a rotation and a destroy with the rights of the ClusterRoles alone."""

import json
from collections import defaultdict
from typing import NamedTuple

import pytest

from sandbox.cluster import audit
from sandbox.cluster.credentials import CONTEXT
from tests import permissions
from tests.permissions import Right
from tests.sandbox.conftest import Make
from tests.sandbox.stack import Stack, kubectl

PREVIEWER, DEPLOYER = "previewer", "deployer"
SIZES = {PREVIEWER: "preview", DEPLOYER: "deploy"}
"""The ServiceAccounts, each with the size of its ClusterRole."""
GATEWAY = "gateway.networking.k8s.io"
INGRESS = "networking.k8s.io"
RBAC = "rbac.authorization.k8s.io"
REFUSED: dict[str, set[Right]] = {
    # The provider then compares without the API server.
    PREVIEWER: {Right("", kind, "patch") for kind in ("configmaps", "namespaces")},
    DEPLOYER: set(),
}
"""What is asked for and not needed."""
UNUSED = {
    PREVIEWER: {
        Right("", "serviceaccounts", "get"): "the setting jobs.serviceAccount",
        Right(INGRESS, "ingresses", "get"): "the address of an Ingress",
        Right(GATEWAY, "gateways", "get"): "who reaches the chart's HTTPRoute",
    },
    DEPLOYER: {
        **{
            Right(group, kind, verb): "the chart's Ingress or HTTPRoute"
            for group, kind in ((INGRESS, "ingresses"), (GATEWAY, "httproutes"))
            for verb in ("create", "delete", "get", "patch")
        },
        Right(GATEWAY, "gateways", "get"): "who reaches the chart's HTTPRoute",
        Right("", "nodes", "list"): "why no node takes a pod",
        **{
            Right(RBAC, kind, "patch"): "another version of the chart"
            for kind in ("roles", "rolebindings")
        },
    },
}
"""Rights that this stack does not need, each with what needs it."""


class Asked(NamedTuple):
    """What was asked of the cluster, by account."""

    allowed: dict[str, set[Right]]
    refused: dict[str, set[Right]]
    of_coder: set[Right]
    """What Coder's own Role grants."""


@pytest.fixture(scope="module")
def asked(make: Make) -> Asked:
    """Runs everything once, each command as the account that is for it."""
    kubectl("create", "namespace", audit.NAMESPACE)
    for account, size in SIZES.items():
        kubectl("apply", "-f", str(permissions.FOLDER / f"kubernetes-{size}.yaml"))
        kubectl("-n", audit.NAMESPACE, "create", "serviceaccount", account)
        bind("clusterrolebinding", account)
        token = kubectl("-n", audit.NAMESPACE, "create", "token", account, "--duration=1h")
        kubectl("config", "set-credentials", account, f"--token={token.strip()}")
        kubectl("config", "set-context", account, f"--cluster={CONTEXT}", f"--user={account}")
    stack = make("permitted")
    run_as(PREVIEWER, stack, "preview")
    run_as(DEPLOYER, stack, "up", "--yes", "--skip-preview")
    roles = json.loads(kubectl("-n", stack.name, "get", "roles", "-o", "json"))["items"]
    of_coder = {right for role in roles for right in permissions.rights(role["rules"])}
    # The Namespaces exist now, and the rights in them are enough.
    for account in SIZES:
        kubectl("delete", "clusterrolebinding", account)
        for namespace in (stack.name, f"{stack.name}-database"):
            bind("rolebinding", account, "-n", namespace)
    stack.set(passwordGeneration=2)
    run_as(PREVIEWER, stack, "preview", "--refresh")
    run_as(DEPLOYER, stack, "up", "--yes", "--refresh")
    bind("clusterrolebinding", DEPLOYER)
    run_as(DEPLOYER, stack, "destroy", "--yes", "--skip-preview")
    return Asked(*logged(), of_coder)


def bind(kind: str, account: str, *words: str) -> None:
    """Bind an account to its ClusterRole, in the whole cluster or in a Namespace."""
    of = f"--serviceaccount={audit.NAMESPACE}:{account}"
    kubectl(*words, "create", kind, account, f"--clusterrole=coder-{SIZES[account]}", of)


def run_as(account: str, stack: Stack, *words: str) -> None:
    """Run a command that must succeed, with no other rights than an account's."""
    kubectl("config", "use-context", account)
    try:
        done = stack.run(*words)
    finally:
        kubectl("config", "use-context", CONTEXT)
    assert done.returncode == 0, done.stdout


def logged() -> tuple[dict[str, set[Right]], dict[str, set[Right]]]:
    """What the accounts were allowed and refused."""
    allowed, refused = defaultdict[str, set[Right]](set), defaultdict[str, set[Right]](set)
    for line in audit.LOG.read_text().splitlines():
        event = json.loads(line)
        account, code = (
            event["user"]["username"].rpartition(":")[2],
            event["responseStatus"]["code"],
        )
        if of := event.get("objectRef"):
            resource = "/".join(filter(None, (of["resource"], of.get("subresource"))))
            # A patch that makes the object needs the right to create it, too.
            verbs = {event["verb"], *(["create"] if code == 201 else [])}
            found = refused if code == 403 else allowed
            found[account] |= {Right(of.get("apiGroup", ""), resource, verb) for verb in verbs}
    return allowed, refused


@pytest.mark.parametrize("account", SIZES)
def test_nothing_is_refused_that_is_needed(account: str, asked: Asked) -> None:
    assert asked.refused[account] == REFUSED[account]


@pytest.mark.parametrize("account", SIZES)
def test_every_right_is_used(account: str, asked: Asked) -> None:
    granted = permissions.cluster_role(SIZES[account])
    used = asked.allowed[account] | (asked.of_coder if account == DEPLOYER else set())
    assert granted - used == UNUSED[account].keys()
