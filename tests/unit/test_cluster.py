"""The kubeconfig must point to the cluster that the settings describe."""

import base64
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.kubernetes.identity import kube_system_uid
from components.kubernetes.kubeconfig import current
from components.server.discovery import DiscoveryFailed
from tests.unit.cluster import PretendCluster
from tests.unit.conftest import contents
from tests.unit.pretend import Engine, deploy, refused
from tests.unit.stacks import MADE, made

HERE, THERE = "https://api.example.com:443", "https://there.example.com:6443"


@pytest.mark.parametrize(
    "endpoint",
    ["https://api.example.com", "https://API.example.com:443/", "api.example.com"],
)
def test_equivalent_spellings_of_the_endpoint_are_accepted(endpoint: str) -> None:
    deploy(made(cluster={"endpoint": endpoint}))


def test_different_endpoint_is_refused() -> None:
    assert refused(made(cluster={"endpoint": THERE})) == [
        f"cluster.endpoint: is {THERE}, but context here of the kubeconfig points to {HERE}; "
        "set kubeContext to the right cluster"
    ]


def test_kube_context_selects_the_context() -> None:
    engine = deploy(made(kubeContext="there", cluster={"endpoint": THERE}))
    provider = engine.named("cluster").plain
    assert provider["context"] == "there"
    assert provider["clusterIdentifier"] == THERE


def test_equivalent_encodings_of_the_ca_are_accepted(cluster_ca: str) -> None:
    encoded = base64.encodebytes(cluster_ca.encode()).decode()
    for pasted in (cluster_ca, f"\n{cluster_ca}", cluster_ca.replace("\n", "\r\n"), encoded):
        deploy(made(cluster={"certificateAuthority": pasted}))


def test_different_ca_is_refused(other_ca: str) -> None:
    assert refused(made(cluster={"certificateAuthority": other_ca})) == [
        f"cluster.certificateAuthority: is not the one of context here ({HERE}); set kubeContext "
        "to the right cluster"
    ]


@pytest.mark.parametrize("text", ["nonsense", "bm9uc2Vuc2U=", "ä"])
def test_invalid_ca_is_reported(text: str) -> None:
    assert refused(made(cluster={"certificateAuthority": text})) == [
        "cluster.certificateAuthority: is not a certificate in PEM or base64 of it"
    ]


def test_missing_endpoint_and_ca_are_reported() -> None:
    line = (
        "cluster: neither endpoint nor certificateAuthority is set, so nothing tells whether "
        f"{HERE} (context here) is the right cluster"
    )
    assert line in deploy(made(cluster={"zone": "a"})).said
    assert "cluster:" not in "".join(deploy(made()).said), "with either, it can"


def test_unknown_context_error_lists_the_known_ones() -> None:
    assert refused(made(kubeContext="elsewhere")) == [
        'kubeContext: is "elsewhere", must be a context of the kubeconfig: here, there'
    ]


def test_missing_kubeconfig_error_names_its_path(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig.unlink()
    assert refused(made()) == [f"kubeContext: no kubeconfig found at {kubeconfig}; set KUBECONFIG"]
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", str(kubeconfig.parent))
    [line] = refused(made())
    assert line.startswith(f"kubeContext: no kubeconfig found at {kubeconfig.parent}/.kube/config;")


def broken(kubeconfig: Path) -> dict[str, tuple[Any, str]]:
    """Invalid contents, and the end of the error for each."""
    no_current = contents("x") | {"current-context": ""}
    no_cluster = contents("x") | {"clusters": []}
    no_user = contents("x") | {"users": []}
    no_credentials = contents("x") | {"users": [{"name": "me", "user": {}}]}
    without = 'context "here" of the kubeconfig has no user with credentials'
    no_file: dict[str, Any] = contents("x")
    no_file["clusters"][0]["cluster"] = {"server": HERE, "certificate-authority": "gone.crt"}
    gone = kubeconfig.parent / "gone.crt"
    return {
        "not YAML": ("a: [b\nc: d", f"{kubeconfig} is not valid YAML"),
        "a word": ("word", f"{kubeconfig} is not a kubeconfig"),
        "binary": (
            b"\xff\xfe\xff",
            f"{kubeconfig}, which belongs to the kubeconfig, can't be read: not a text file",
        ),
        "no current context": (
            no_current,
            "is empty, and the kubeconfig has no current context; type "
            "`pulumi config set kubeContext …`",
        ),
        "no cluster": (no_cluster, 'context "here" of the kubeconfig has no cluster with a server'),
        "no user": (no_user, without),
        "no credentials": (no_credentials, without),
        "no CA file": (
            no_file,
            f"{gone}, which belongs to the kubeconfig, can't be read: No such file or directory",
        ),
    }


@pytest.mark.parametrize("what", broken(Path("/x/y")))
def test_invalid_kubeconfig_error_has_the_reason(what: str, kubeconfig: Path) -> None:
    data, line = broken(kubeconfig)[what]
    if isinstance(data, bytes):
        kubeconfig.write_bytes(data)
    else:
        kubeconfig.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    assert refused(made()) == [f"kubeContext: {line}"]


def test_the_first_of_several_kubeconfigs_takes_precedence(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, other_ca: str
) -> None:
    first = kubeconfig.parent / "first"
    other = contents(other_ca) | {"current-context": "there", "contexts": []}
    first.write_text(yaml.safe_dump(other))
    gone = kubeconfig.parent / "gone"
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, (gone, first, kubeconfig))))
    engine = deploy(made(cluster={"endpoint": THERE, "certificateAuthority": other_ca}))
    assert engine.named("cluster").plain["clusterIdentifier"] == THERE


def test_a_ca_path_is_relative_to_the_kubeconfig(kubeconfig: Path, cluster_ca: str) -> None:
    data: dict[str, Any] = contents("x")
    data["clusters"][0]["cluster"] = {"server": HERE, "certificate-authority": "ca.crt"}
    (kubeconfig.parent / "ca.crt").write_text(cluster_ca)
    kubeconfig.write_text(yaml.safe_dump(data))
    deploy(made(cluster={"certificateAuthority": cluster_ca}))


@pytest.mark.parametrize("zone", [{"zone": "a"}, {"cluster": {"zone": "a"}}])
def test_zone_of_either_setting_is_used(zone: dict[str, Any]) -> None:
    assert deploy(made(**zone)).exports["databaseZone"] == "a"


def test_the_ca_file_must_exist_and_contain_a_certificate(tmp_path: Path, ca_file: str) -> None:
    gone = tmp_path / "gone.pem"
    assert refused(made(caCertificate=str(gone))) == [
        f"caCertificate: {gone} can't be read: No such file or directory"
    ]
    assert refused(made(caCertificate=str(tmp_path))) == [
        f"caCertificate: {tmp_path} can't be read: Is a directory"
    ]
    for number, text in enumerate(("", "nonsense", "ä", "-----BEGIN CERTIFICATE-----\nno\n")):
        path = tmp_path / f"{number}.pem"
        path.write_text(text)
        assert refused(made(caCertificate=str(path))) == [
            f"caCertificate: {path} contains no certificate in PEM"
        ]
    deploy(made(caCertificate=ca_file, existing=MADE | {"sslMode": "verify-ca"}))


UID = "5d0c1b8e-0f3c-4d1e-8a34-5ad8f1a6b7c9"


def identified(known: str = "", uid: str = UID, context: str = "here") -> tuple[str, Engine]:
    """The identifier of the cluster for a stack whose state has the known one."""
    engine = Engine()
    engine.cluster_identifier, engine.kube_system_uid = known, uid
    engine = deploy(made(kubeContext=context, cluster={}), engine=engine)
    return engine.named("cluster").plain["clusterIdentifier"], engine


def test_new_stack_identifies_its_cluster_by_address_and_uid() -> None:
    assert identified()[0] == f"{HERE}#{UID}"
    assert identified(uid="")[0] == HERE, "a login that may not read kube-system"


@pytest.mark.parametrize("known", [HERE, "https://api.example.com", f"{HERE}#{UID}", f"{HERE}#0"])
def test_identifier_is_kept_while_the_address_is_unchanged(known: str) -> None:
    assert identified(known)[0] == known, "a change would replace everything in the cluster"


def test_same_cluster_at_a_new_address_keeps_its_identifier() -> None:
    found, engine = identified(f"{HERE}#{UID}", context="there")
    assert found == f"{HERE}#{UID}"
    assert "points to" not in "".join(engine.said)


@pytest.mark.parametrize(
    ("known", "required"), [("", False), (HERE, False), (f"{HERE}#{UID}", True)]
)
def test_cluster_must_answer_only_where_its_uid_decides(known: str, required: bool) -> None:
    assert identified(known, context="there")[1].uid_required is required


def test_different_cluster_gets_a_new_identifier_and_a_warning() -> None:
    found, engine = identified(f"{HERE}#0", context="there")
    assert found == f"{THERE}#{UID}"
    assert (
        f"cluster: the stack is in the cluster at {HERE}, and context there of the kubeconfig "
        f"points to {THERE}, which is another one"
    ) in engine.said


def test_old_identifier_at_a_new_address_explains_how_to_keep_it() -> None:
    found, engine = identified(HERE, context="there")
    assert found == f"{THERE}#{UID}"
    [said] = [line for line in engine.said if f"points to {THERE};" in line]
    assert "set the server in the kubeconfig to the old address" in said


def test_cluster_uid_is_that_of_the_kube_system_namespace(kubeconfig: Path) -> None:
    cluster = PretendCluster()
    cluster.add("kube-system", metadata={"uid": UID})
    with cluster.serving(kubeconfig):
        assert kube_system_uid(current(""), required=True) == UID
        cluster.status["/api/v1/namespaces/kube-system"] = 403
        assert kube_system_uid(current(""), required=True) == ""


def test_unreachable_cluster_is_not_treated_as_a_different_one(kubeconfig: Path) -> None:
    with PretendCluster().serving(kubeconfig):
        gone = current("")
    assert kube_system_uid(gone, required=False) == ""
    with pytest.raises(DiscoveryFailed) as error:
        kube_system_uid(gone, required=True)
    [line] = error.value.lines
    assert line.startswith("cluster: whether the stack is in this cluster can't be told: ")
    assert "Connection refused" in line
