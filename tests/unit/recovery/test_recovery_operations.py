"""Recovery of interrupted operations: imported once, refreshed, or removed from the state."""

import json
from typing import Any

import pytest

from recovery import processes
from recovery.commands import RecoveryError
from tests.unit.recovery.clis import (
    CLUSTER,
    PARENT,
    RECORDED,
    RELEASE,
    ROOT,
    Clis,
    document,
    release,
    resource,
)

Said = pytest.CaptureFixture[str]
INSTANCE = "aws:rds/instance:Instance"
SETTINGS = "--config-file Pulumi.other.yaml"
ADOPTED = (
    f"import {INSTANCE} postgres-server postgres-server231c413 --generate-code=false "
    "--protect=true "
    "--parent parent=urn:pulumi:dev::coder::coder:aws:Postgres::postgres "
    "--provider provider=urn:pulumi:dev::coder::pulumi:providers:aws::default_7_51_1 "
    f"--yes --skip-preview {SETTINGS}"
)


def refreshed(*urns: str, clear: bool = True) -> str:
    words = ["refresh --yes --skip-preview", *(["--clear-pending-creates"] if clear else [])]
    return " ".join([*words, *(f"--target {urn}" for urn in urns), SETTINGS])


@pytest.fixture
def recorded() -> Clis:
    return Clis(json.loads(RECORDED.read_text()))


def test_existing_server_is_imported_once(recorded: Clis, capsys: Said) -> None:
    recorded.existing = {"postgres-server231c413"}
    assert recorded.recover(yes=True) == 0
    assert recorded.ran == [ADOPTED, refreshed(ROOT)]
    said = capsys.readouterr().out
    assert "postgres-server231c413 exists" in said
    assert "was imported as postgres-server231c413" in said
    assert "pulumi up --stack dev" in said
    assert recorded.recover() == 0
    assert "nothing to repair" in capsys.readouterr().out


def test_creation_of_a_missing_server_is_removed_from_the_state(
    recorded: Clis, capsys: Said
) -> None:
    assert recorded.recover(yes=True) == 0
    assert recorded.ran == [refreshed(ROOT)]
    assert "it does not exist" in capsys.readouterr().out


def test_creation_stays_in_the_state_if_the_provider_fails(recorded: Clis, capsys: Said) -> None:
    recorded.unreachable = "ExpiredToken: the security token has expired"
    assert recorded.recover(yes=True) == 1
    said = capsys.readouterr().out
    assert "whether postgres-server231c413 exists is not known: `pulumi import" in said
    assert "ExpiredToken: the security token has expired" in said
    assert "do not run `pulumi up` before" in said
    assert recorded.ran == []


def test_creation_stays_in_the_state_while_its_provider_still_runs(
    recorded: Clis, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = processes.Process(id=77, parent=1, command="/plugins/pulumi-resource-aws 127.0.0.1:4")
    monkeypatch.setattr(processes, "running", lambda: {77: plugin})
    assert recorded.recover(yes=True) == 1
    assert "process 77, a provider that outlived the killed update" in capsys.readouterr().out
    assert recorded.ran == []
    recorded.existing = {"postgres-server231c413"}
    assert recorded.recover(yes=True) == 0, "it was made, whatever the provider waits for"


@pytest.mark.parametrize("options", [{}, {"dry_run": True, "yes": True}])
def test_nothing_is_changed_without_consent(
    options: dict[str, bool], recorded: Clis, capsys: Said
) -> None:
    recorded.existing = {"postgres-server231c413"}
    assert recorded.recover(**options) == (0 if options else 1)
    assert "import it (pulumi import)" in capsys.readouterr().out
    assert recorded.ran == []


def test_killed_recovery_is_continued(recorded: Clis, capsys: Said) -> None:
    assert recorded.exported
    deployment = recorded.exported["deployment"]
    deployment["resources"].append(deployment["pending_operations"][0]["resource"])
    assert recorded.recover(yes=True) == 0
    assert recorded.ran == [refreshed(ROOT)]
    assert "the resource is in the state already" in capsys.readouterr().out


def test_second_interrupted_creation_of_a_resource_is_named(recorded: Clis, capsys: Said) -> None:
    assert recorded.exported
    pending = recorded.exported["deployment"]["pending_operations"]
    (first,) = pending
    second = json.loads(json.dumps(first))
    second["resource"]["inputs"]["identifier"] = "postgres-server-second"
    pending.append(second)
    recorded.existing = {"postgres-server231c413", "postgres-server-second"}
    assert recorded.recover(yes=True) == 0
    assert recorded.ran == [ADOPTED, refreshed(ROOT)]
    said = capsys.readouterr().out
    assert "if a second postgres-server exists (postgres-server-second), delete it" in said


def test_output_has_no_secret(recorded: Clis, capsys: Said) -> None:
    text = RECORDED.read_text()
    assert text.count('"ciphertext"') == 3
    recorded.existing = {"postgres-server231c413"}
    recorded.recover(yes=True)
    said = capsys.readouterr()
    assert "v1:" not in said.out + said.err
    assert "password" not in " ".join(recorded.ran)


@pytest.mark.parametrize("kind", ["updating", "deleting", "reading", "importing"])
def test_only_the_interrupted_resource_is_refreshed(kind: str, capsys: Said) -> None:
    secret = resource("kubernetes:core/v1:Secret", "coder-db-blue")
    clis = Clis(document(secret, **{kind: [secret]}))
    assert clis.recover(yes=True) == 0
    assert clis.ran == [refreshed(secret["urn"])]
    said = capsys.readouterr().out
    assert f"coder-db-blue (kubernetes:core/v1:Secret) was interrupted while {kind}" in said
    assert clis.recover() == 0


def test_deleted_resource_is_not_refreshed() -> None:
    secret = resource("kubernetes:core/v1:Secret", "coder-db-blue")
    clis = Clis(document(deleting=[secret]))
    assert clis.recover(yes=True) == 0
    assert clis.ran == [refreshed(ROOT)]


def test_failed_refresh_is_an_error() -> None:
    secret = resource("kubernetes:core/v1:Secret", "coder-db-blue")
    clis = Clis(document(secret, updating=[secret]))
    clis.unreachable = "configured Kubernetes cluster is unreachable"
    with pytest.raises(RecoveryError, match="`pulumi refresh --yes` failed: configured Kubernetes"):
        clis.recover(yes=True)


def test_other_operations_are_repaired_if_a_creation_stays() -> None:
    job = resource("kubernetes:batch/v1:Job", "coder-preflight", metadata={"name": "x"})
    secret = resource("kubernetes:core/v1:Secret", "coder-db-blue")
    clis = Clis(document(secret, creating=[job], updating=[secret]))
    refused = clis._imported

    def unreachable(words: list[str]) -> tuple[int, str, str]:
        return (255, "    error: cluster unreachable\n", "") if "x" in words else refused(words)

    clis._imported = unreachable
    assert clis.recover(yes=True) == 1
    assert clis.ran == [refreshed(secret["urn"], clear=False)]


@pytest.mark.parametrize(
    ("metadata", "id"),
    [
        ({"namespace": "coder", "name": "coder-preflight-1a2b"}, "coder/coder-preflight-1a2b"),
        ({"name": "coder"}, "coder"),
    ],
)
def test_kubernetes_objects_are_imported_by_namespace_and_name(
    metadata: dict[str, str], id: str
) -> None:
    job = resource("kubernetes:batch/v1:Job", "coder-preflight", metadata=metadata)
    clis = Clis(document(creating=[job]))
    clis.existing = {id}
    assert clis.recover(yes=True) == 0
    assert clis.ran[0].startswith(f"import kubernetes:batch/v1:Job coder-preflight {id} ")
    assert f"--provider provider={CLUSTER} " in clis.ran[0]
    assert "--protect=false" in clis.ran[0]


def test_resource_of_the_stack_itself_is_imported_without_a_parent() -> None:
    namespace = resource("kubernetes:core/v1:Namespace", "own", metadata={"name": "own"})
    clis = Clis(document(creating=[namespace | {"parent": ROOT}]))
    clis.existing = {"own"}
    assert clis.recover(yes=True) == 0
    assert "--parent" not in clis.ran[0]


@pytest.mark.parametrize(
    ("type", "inputs", "ids"),
    [
        ("aws:rds/subnetGroup:SubnetGroup", {"name": "postgres-subnets-1a"}, "postgres-subnets-1a"),
        ("aws:rds/parameterGroup:ParameterGroup", {"name": "p-1a"}, "p-1a"),
    ],
)
def test_groups_of_a_server_are_imported_by_name(
    type: str, inputs: dict[str, Any], ids: str
) -> None:
    clis = Clis(document(creating=[resource(type, "postgres-part", **inputs)]))
    clis.existing = {ids}
    assert clis.recover(yes=True) == 0
    assert clis.ran[0].startswith(f"import {type} postgres-part {ids} ")


@pytest.mark.parametrize(
    ("type", "inputs"),
    [
        ("aws:ec2/securityGroup:SecurityGroup", {"name": "postgres-firewall-3d"}),
        ("kubernetes:core/v1:Secret", {"metadata": {"4dabf18193072939515e22adb298388d": "1b47"}}),
        (INSTANCE, {}),
    ],
)
def test_resource_without_known_id_is_named_with_its_import_command(
    type: str, inputs: dict[str, Any], capsys: Said
) -> None:
    clis = Clis(document(creating=[resource(type, "thing", **inputs)]))
    assert clis.recover(yes=True) == 0
    said = capsys.readouterr().out
    name = inputs.get("name", "its name is not known")
    assert f"if thing exists ({name}), delete it, or import it: pulumi import" in said
    assert f"{type} thing ID --generate-code=false --protect=false --parent parent={PARENT}" in said
    assert clis.ran == [refreshed(ROOT)]


def test_interrupted_replacement_is_named(capsys: Said) -> None:
    old = resource("kubernetes:batch/v1:Job", "coder-preflight", metadata={"name": "old"})
    new = resource("kubernetes:batch/v1:Job", "coder-preflight", metadata={"name": "new"})
    clis = Clis(document(old, creating=[new]))
    clis.existing = {"new"}
    assert clis.recover(yes=True) == 0
    assert "if a second coder-preflight exists (new), delete it" in capsys.readouterr().out
    assert clis.ran == [refreshed(ROOT)]


@pytest.mark.parametrize(
    "type", ["random:index/randomPassword:RandomPassword", "pulumi:providers:aws"]
)
def test_creation_of_a_state_only_resource_is_removed(type: str) -> None:
    clis = Clis(document(creating=[resource(type, "thing")]))
    assert clis.recover(yes=True) == 0
    assert clis.ran == [refreshed(ROOT)]


@pytest.mark.parametrize(
    ("history", "first"),
    [
        ([(1, "pending-install")], "helm uninstall coder --namespace coder --wait"),
        ([(1, "uninstalling")], "helm uninstall coder --namespace coder --wait"),
        ([(1, "deployed")], f"import {RELEASE} coder-release coder/coder "),
        ([], refreshed(ROOT)),
    ],
)
def test_release_creation_is_imported_if_it_was_deployed(
    history: list[tuple[int, str]], first: str
) -> None:
    clis = Clis(document(creating=[release()]))
    clis.history = history
    clis.existing = {"coder/coder"}
    assert clis.recover(yes=True) == 0
    assert clis.ran[0].startswith(first)
    assert len(clis.ran) == (2 if history else 1)
    assert clis.ran[-1] == refreshed(ROOT)


def test_release_creation_stays_in_the_state_without_helm(capsys: Said) -> None:
    clis = Clis(document(creating=[release()]))
    clis.missing = {"helm"}
    assert clis.recover(yes=True) == 1
    assert "Helm release coder/coder is not settled" in capsys.readouterr().out
    assert clis.ran == []


def test_empty_state_with_an_interrupted_creation_is_repaired() -> None:
    exported = document(creating=[resource("random:index/randomId:RandomId", "id")])
    exported["deployment"]["resources"] = []
    clis = Clis(exported)
    assert clis.recover(yes=True) == 0
    assert clis.ran == [refreshed()]


def test_id_may_follow_from_the_cluster(capsys: Said) -> None:
    """No input of an Azure resource names its subscription."""
    scope = "/subscriptions/1111/resourceGroups/coder/providers"
    server = resource(
        "azure-native:dbforpostgresql:Server",
        "postgres-server",
        resourceGroupName="coder",
        serverName="one",
    )
    clis = Clis(document(creating=[server]))
    clis.cluster(clusterIdentifier=f"{scope}/microsoft.containerservice/managedclusters/dev")
    clis.existing = {f"{scope}/Microsoft.DBforPostgreSQL/flexibleServers/one"}
    assert clis.recover(yes=True) == 0
    [imported, _] = clis.ran
    assert f" postgres-server {scope}/Microsoft.DBforPostgreSQL/flexibleServers/one " in imported
