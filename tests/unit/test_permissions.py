"""The files in permissions/ grant what the program's stacks need, and nothing else."""

import contextlib
import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.kubernetes import client
from sandbox.providers.aws import permissions as aws_permissions
from sandbox.providers.aws.provider import Aws as AwsProvider
from sandbox.providers.azure_native import permissions as azure_permissions
from sandbox.providers.azure_native.provider import AzureNative
from sandbox.providers.cloud.account import PERMISSIONS
from sandbox.providers.clouds import CLOUDS
from sandbox.providers.framework.requests import READS, Permission, Recorded, Request, record
from sandbox.providers.gcp import permissions as gcp_permissions
from sandbox.providers.gcp.provider import Gcp as GcpProvider
from tests import permissions
from tests.unit import aws, azure, gcp
from tests.unit.charts import render
from tests.unit.fake_cloud import FakeCloud
from tests.unit.stacks import Stack

NEEDED: Mapping[str, Callable[[Request], Iterable[Permission]]] = {
    "aws": aws_permissions.needed,
    "azure-native": azure_permissions.needed,
    "gcp": gcp_permissions.needed,
}
PROVIDERS = {"aws": AwsProvider, "azure-native": AzureNative, "gcp": GcpProvider}
OWN_ZONE = azure.zone("privatelink.postgres.database.azure.com")
CREATES = {"privateServices": "create"}
GIVEN = {"delegatedSubnetId": azure.DELEGATED, "privateDnsZoneId": azure.OWN_ZONE}
GIVEN_ZONE = azure.RANGE | {"privateDnsZoneId": azure.OWN_ZONE}
STACKS: Mapping[str, list[Stack]] = {
    "aws": [
        {"running": {}, "labels": {"team": "a"}},
        {"server": {"kmsKeyId": aws.KEY}, "postgresVersion": 14},
        {"restoreFrom": {"snapshot": "snap-1"}, "server": {"kmsKeyId": aws.KEY}},
        {"restoreFrom": {"instance": "old"}, "server": {"kmsKeyId": aws.KEY}},
    ],
    "azure-native": [
        {"running": {}, "labels": {"team": "a"}},
        {"network": GIVEN},
        {"network": {"privateEndpoint": {}}},
        {"network": {"privateEndpoint": {}, "privateDnsZoneId": OWN_ZONE}},
        {"server": {"keyUri": azure.KEY, "identityId": azure.IDENTITY}},
        {"restoreFrom": {"server": "old"}},
    ],
    "gcp": [
        {"running": {}, "labels": {"team": "a"}},
        {"network": {"allocatedIpRange": "google-managed-services-dev"}},
        {"network": CREATES, "labels": {"team": "a"}},
        {"network": CREATES, "protect": False},
        {"restoreFrom": {"instance": "old"}},
        {"restoreFrom": {"instance": "old", "backupRunId": 1767225600000}},
    ],
}
"""Stacks that together need all that any stack needs."""


def fake_cloud(provider: str, settings: Stack) -> FakeCloud:
    """A cloud that has what the settings refer to."""
    if provider == "aws":
        found = aws.Aws()
        found.templates = {"workers": {}}
        return found
    if provider == "azure-native":
        subscription = azure.Azure()
        subscription.zones["privatelink.postgres.database.azure.com"] = 1
        return subscription
    project = gcp.Gcp()
    if "restoreFrom" in settings:
        project.instances["old"] = gcp.instance()
    if settings.get("network") == CREATES:
        project.peered.clear()
    return project


def requests(provider: str, settings: Stack) -> Iterator[Request]:
    """The requests with which a stack is looked up, made, read, changed and deleted."""
    cloud, lookups = fake_cloud(provider, settings), list[Request]()
    answer = cloud.call

    def call(args: pulumi.runtime.MockCallArgs) -> Any:
        if args.token.startswith(f"{provider}:"):
            request = Request(kind="look-up", type=args.token, inputs=args.args)
            lookups.append(request)
        return answer(args)

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(pulumi.RunError):
        patch.setattr(cloud, "call", call)
        cloud.run(**settings)
    for each in lookups:
        yield Request(kind="look-up", type=each.type, inputs=each.inputs, config=CONFIG)
    for each in cloud.asked:
        if each.type.startswith(f"{provider}:"):
            yield from _changes(each.type, {"name": f"{each.name}-1a2b3c", **each.plain})


CONFIG = {"region": "us-east-1"}
OLD: dict[str, Any] = {
    "instanceClass": "another",
    "labels": {},
    "parameters": [{"name": "gone"}],
    "retentionInDays": 1,
    "subnetIds": [],
    "tags": {"gone": ""},
}
"""What a resource had before an update, of the inputs that it has."""


def _changes(type: str, inputs: dict[str, Any]) -> Iterator[Request]:
    old = inputs | {key: value for key, value in OLD.items() if key in inputs}
    common: Any = {"type": type, "config": CONFIG}
    yield Request(kind="create", inputs=inputs, **common)
    yield Request(kind="read", inputs=inputs, state=inputs, **common)
    yield Request(kind="update", inputs=inputs, state=old, **common)
    yield Request(kind="delete", state=inputs, **common)


def _actions(name: str) -> set[str]:
    return set(permissions.actions(permissions.content(name)))


@functools.cache
def needed(provider: str) -> list[Recorded]:
    """All that the stacks need."""
    return [
        Recorded(request.kind, request.type, permission)
        for settings in STACKS[provider]
        for request in requests(provider, dict(settings))
        for permission in NEEDED[provider](request)
    ]


def test_every_simulated_cloud_has_files() -> None:
    assert permissions.FILES.keys() == CLOUDS.keys()


OF_KUBECONFIG = {
    "azure-native": {"Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"}
}
"""What the commands of `make kubeconfig` need and no request of a provider does.

`aws eks update-kubeconfig` and `gcloud container clusters get-credentials` need eks:DescribeCluster
and container.clusters.get, as a stack's look-up of the cluster.
https://learn.microsoft.com/azure/aks/control-kubeconfig-access
"""


@pytest.mark.parametrize("provider", permissions.FILES)
def test_files_grant_what_the_kubeconfigs_commands_need(provider: str) -> None:
    needed = {"aws": {"eks:DescribeCluster"}, "gcp": {"container.clusters.get"}, **OF_KUBECONFIG}
    for name in permissions.FILES[provider]:
        assert needed[provider] <= _actions(name), name


@pytest.mark.parametrize("provider", permissions.FILES)
def test_files_grant_what_stacks_need(provider: str) -> None:
    assert not set(permissions.lacking(provider, needed(provider)))


@pytest.mark.parametrize("provider", permissions.FILES)
def test_files_grant_nothing_that_no_stack_needs(provider: str) -> None:
    """Each action of a file, and each statement of a policy, is for something."""
    preview, deploy = permissions.FILES[provider]
    reads = [each for each in needed(provider) if each.kind in READS]
    for name, found in ((preview, reads), (deploy, needed(provider))):
        used = {each.permission.action for each in found}
        unused = _actions(name) - used - OF_KUBECONFIG.get(provider, set())
        assert not unused, f"permissions/{name} grants in vain: {', '.join(sorted(unused))}"


def test_each_statement_of_a_policy_is_needed() -> None:
    """Each action of a statement grants something, and so does each of its resources."""
    for name, found in zip(permissions.FILES["aws"], ("preview", "deploy"), strict=True):
        wanted = [each for each in needed("aws") if found == "deploy" or each.kind in READS]
        for statement in permissions.content(name)["Statement"]:
            resources = statement["Resource"]
            for part in (
                *({"Action": [action]} for action in statement["Action"]),
                *({"Resource": each} for each in resources if isinstance(resources, list)),
            ):
                alone = {"Statement": [statement | part]}
                assert any(permissions.grants(alone, each.permission) for each in wanted), (
                    f"{name}: {statement['Sid']} grants {part} in vain"
                )


@pytest.mark.parametrize("provider", permissions.FILES)
def test_actions_are_sorted_and_named_once(provider: str) -> None:
    for name in permissions.FILES[provider]:
        file = permissions.content(name)
        statements = file.get("Statement") or [file]
        for each in statements:
            found = permissions.actions({"Statement": [each]} if "Sid" in each else each)
            assert found == sorted(set(found)), name


@pytest.mark.parametrize("provider", permissions.FILES)
def test_whoever_deploys_may_preview(provider: str) -> None:
    preview, deploy = (_actions(name)
                       for name in permissions.FILES[provider])  # fmt: skip
    assert preview < deploy


@pytest.mark.parametrize("provider", permissions.FILES)
def test_every_resource_and_function_says_what_it_needs(provider: str) -> None:
    of = PROVIDERS[provider]
    for token in of.functions:
        list(NEEDED[provider](Request(kind="look-up", type=token, inputs=ANY, config=CONFIG)))
    for type in of.resources:
        assert list(NEEDED[provider](Request(kind="read", type=type, config=CONFIG)))


ANY = {"name": "x", "clusterName": "x"}


def test_recorded_permission_that_no_file_grants_fails_the_check(tmp_path: Path) -> None:
    file, kind = tmp_path / "gcp" / PERMISSIONS, "gcp:sql/user:User"
    record(file, Request(kind="create", type=kind), [Permission("cloudsql.users.create")])
    permissions.check(tmp_path, ["gcp"])
    record(file, Request(kind="read", type=kind), [Permission("cloudsql.users.create")])
    with pytest.raises(AssertionError, match=r"gcp-preview.yaml does not grant cloudsql.users.cre"):
        permissions.check(tmp_path, ["gcp"])
    record(file, Request(kind="delete", type=kind), [Permission("cloudsql.users.delete")])
    with pytest.raises(AssertionError, match=r"gcp-deploy.yaml does not grant cloudsql.users.del"):
        permissions.check(tmp_path, ["gcp"])
    permissions.check(tmp_path)


def test_provider_of_which_nothing_is_recorded_fails_the_check(tmp_path: Path) -> None:
    permissions.check(tmp_path)
    with pytest.raises(AssertionError, match=r"aws/permissions.jsonl: is empty"):
        permissions.check(tmp_path, ["aws"])


def test_a_policy_fits_into_iam() -> None:
    """A managed policy has at most 6,144 characters, white space not counted.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    for name in permissions.FILES["aws"]:
        assert len("".join((permissions.FOLDER / name).read_text().split())) <= 6144


def test_statement_that_the_document_narrows_to_a_vpc_has_only_security_groups() -> None:
    """Rules of security groups have no ec2:Vpc, so that the condition would refuse them."""
    text = (permissions.FOLDER.parent / "docs" / "permissions.md").read_text()
    [sid] = re.findall(r"give `(\w+)` the condition `[^`]*ec2:Vpc", text)
    statements = permissions.content("aws-deploy.json")["Statement"]
    resources = {each["Sid"]: each["Resource"] for each in statements}
    assert resources[sid] == "arn:aws:ec2:*:*:security-group/*"


OPTIONAL: Mapping[tuple[str, str], tuple[Stack, Stack]] = {
    ("aws", "`server.kmsKeyId`"): ({"server": {"kmsKeyId": aws.KEY}}, {}),
    ("aws", "`restoreFrom.snapshot`"): (
        {"restoreFrom": {"snapshot": "snap-1"}, "server": {"kmsKeyId": aws.KEY}},
        {"server": {"kmsKeyId": aws.KEY}},
    ),
    ("aws", "`restoreFrom.instance`"): (
        {"restoreFrom": {"instance": "old"}, "server": {"kmsKeyId": aws.KEY}},
        {"server": {"kmsKeyId": aws.KEY}},
    ),
    ("aws", "`server.parameters`"): ({"server": {"parameters": {"work_mem": "65536"}}}, {}),
    ("azure-native", "a private DNS zone"): ({"network": azure.RANGE}, {"network": GIVEN_ZONE}),
    ("azure-native", "`network.subnetRange`"): ({"network": GIVEN_ZONE}, {"network": GIVEN}),
    ("azure-native", "`network.privateEndpoint`"): (
        {"network": {"privateEndpoint": {}, "privateDnsZoneId": OWN_ZONE}},
        {"network": GIVEN},
    ),
    ("azure-native", "`server.keyUri`"): (
        {"server": {"keyUri": azure.KEY, "identityId": azure.IDENTITY}},
        {},
    ),
    ("azure-native", "the management lock"): ({}, {"server": {"managementLock": False}}),
    ("gcp", "`network.privateServices: create`"): (
        {"network": CREATES, "protect": False, "labels": {"team": "a"}},
        {},
    ),
    ("gcp", "`network.allocatedIpRange`"): (
        {"network": {"allocatedIpRange": "google-managed-services-dev"}},
        {},
    ),
    ("gcp", "`restoreFrom.instance`"): ({"restoreFrom": {"instance": "old"}}, {}),
    ("gcp", "`restoreFrom.backupRunId`"): (
        {"restoreFrom": {"instance": "old", "backupRunId": 1767225600000}},
        {},
    ),
}
"""What a row of the document is for, and stacks with and without it."""
WHATEVER_THE_STACK = (
    ("aws", "the service-linked role of RDS"),
    ("azure-native", "`make kubeconfig`"),
)
"""Rows for what does not depend on the stack."""


@pytest.mark.parametrize(("provider", "part"), OPTIONAL)
def test_document_names_what_an_optional_part_needs(provider: str, part: str) -> None:
    needs, without = (
        {
            each.action
            for request in requests(provider, dict(settings))
            for each in NEEDED[provider](request)
        }
        for settings in OPTIONAL[provider, part]
    )
    named = documented(provider)[part]
    if provider == "aws":  # its statements for parts of a stack have no reads
        without |= {"rds:ModifyDBInstance", *_actions("aws-preview.json")}
    assert needs - without == named - without


def test_document_names_what_the_kubeconfig_of_azure_needs() -> None:
    assert documented("azure-native")["`make kubeconfig`"] == OF_KUBECONFIG["azure-native"]


def documented(provider: str) -> dict[str, set[str]]:
    """The permissions in the rows of the document's table, by the part that they are for."""
    heading = {"aws": "AWS", "azure-native": "Azure", "gcp": "Google Cloud"}[provider]
    text = (permissions.FOLDER.parent / "docs" / "permissions.md").read_text()
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found: dict[str, set[str]] = {}
    for line in re.findall("(?m)^[|] `.*", section):
        names, what, *_ = (cell.strip() for cell in line.strip("|").split(" | "))
        [part] = [
            part
            for cloud, part in (*OPTIONAL, *WHATEVER_THE_STACK)
            if cloud == provider and what.startswith(part)
        ]
        found[part] = set(re.findall("`(.+?)`", names))
    if provider != "aws":
        return found
    statements = permissions.content("aws-deploy.json")["Statement"]
    of = {each["Sid"]: set(each["Action"]) for each in statements}
    return {part: set().union(*(of[sid] for sid in sids)) for part, sids in found.items()}


def test_a_preview_only_reads_from_the_cluster() -> None:
    assert {each.verb for each in permissions.cluster_role("preview")} <= {"get", "list", "watch"}


def test_whoever_deploys_to_the_cluster_may_preview() -> None:
    assert permissions.cluster_role("preview") < permissions.cluster_role("deploy")


@pytest.mark.parametrize(("flavour", "version"), [("classic", "1.44.3"), ("v2", "2.38.8")])
def test_whoever_deploys_has_the_rights_of_coder(
    flavour: str, version: str, charts_folder: Path
) -> None:
    """Kubernetes lets nobody make a Role that grants what they don't have.

    https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
    """
    objects = render(charts_folder / flavour / f"coder-{version}.tgz", {}).objects
    [role] = [each for each in objects if each["kind"] == "Role"]
    assert set(permissions.rights(role["rules"])) <= permissions.cluster_role("deploy")


class RecordingApi:
    """Records what is asked of the cluster."""

    def __init__(self) -> None:
        self.asked: set[permissions.Right] = set()

    def get(self, *path: str, group: str = "api/v1", **_: str) -> None:
        verb = "list" if path[-1] != ANY_NAME else "get"
        resource = [word for word in path if word != ANY_NAME][-1]
        self._record(resource, verb, group)

    def text(self, *path: str, **_: str) -> str:
        resource = "/".join([word for word in path if word != ANY_NAME][-2:])
        self._record(resource, "get", "api/v1")
        return ""

    def patch(self, *path: str, group: str, change: object) -> None:
        self._record(path[-2], "patch", group)

    def _record(self, resource: str, verb: str, group: str) -> None:
        name = group.split("/")[1] if group.startswith("apis/") else ""
        self.asked.add(permissions.Right(name, resource, verb))


ANY_NAME = "any"
JOB = {"metadata": {"namespace": ANY_NAME, "name": ANY_NAME, "uid": ANY_NAME}}


def test_whoever_deploys_may_make_every_request_of_the_program_to_the_cluster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = RecordingApi()
    monkeypatch.setattr(client, "Api", lambda context: api)
    cluster = client.Cluster("")
    for name, method in inspect.getmembers(cluster, inspect.ismethod):
        if not name.startswith("_"):
            names = inspect.signature(method).parameters
            values: dict[str, Any] = dict.fromkeys(names, ANY_NAME)
            method(**values | ({"job": JOB} if name == "end_job" else {}))
    assert len(api.asked) > 10
    assert api.asked <= permissions.cluster_role("deploy")
