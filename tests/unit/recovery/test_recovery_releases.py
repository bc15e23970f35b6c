"""Recovery of Helm releases: a deployed revision is restored, never deleted."""

import sys

import pytest

from recovery import processes
from recovery.commands import RecoveryError
from tests.unit.recovery.clis import Clis, document, release

Said = pytest.CaptureFixture[str]


def with_release(*history: tuple[int, str]) -> Clis:
    clis = Clis(document(release()))
    clis.history = list(history)
    return clis


@pytest.mark.parametrize(
    ("history", "ran"),
    [
        (((1, "superseded"), (2, "deployed"), (3, "pending-upgrade")), "rollback 2"),
        (((1, "deployed"), (2, "failed"), (3, "pending-rollback")), "rollback 1"),
        (((1, "superseded"), (2, "superseded"), (3, "pending-upgrade")), "rollback 2"),
        (((1, "pending-install"),), "uninstall"),
        (((1, "failed"), (2, "pending-upgrade")), "uninstall"),
    ],
)
def test_pending_release_is_rolled_back_or_uninstalled(
    history: tuple[tuple[int, str]], ran: str, capsys: Said
) -> None:
    clis = with_release(*history)
    assert clis.recover(yes=True) == 0
    verb, _, revision = ran.partition(" ")
    options = revision or "--wait"
    assert clis.ran == [f"helm {verb} coder --namespace coder {options}"]
    said = capsys.readouterr().out
    assert (
        f"Helm release coder/coder at https://api.example.com:443 was left {history[-1][1]}" in said
    )
    assert "pulumi up --stack dev" in said
    assert clis.recover() == 0, "nothing is left"


@pytest.mark.parametrize("last", ["deployed", "failed", "superseded", "uninstalled"])
def test_release_that_is_not_pending_is_not_changed(last: str, capsys: Said) -> None:
    clis = with_release((1, "deployed"), (2, last))
    assert clis.recover(yes=True) == 0
    assert "nothing to repair" in capsys.readouterr().out
    assert clis.ran == []


def test_missing_release_needs_no_repair() -> None:
    assert with_release().recover() == 0


def test_interrupted_uninstall_is_left_to_destroy(capsys: Said) -> None:
    clis = with_release((1, "uninstalling"))
    assert clis.recover(yes=True) == 1
    assert "run `pulumi destroy` again" in capsys.readouterr().out
    assert clis.ran == []


@pytest.mark.parametrize("options", [{}, {"dry_run": True, "yes": True}])
def test_nothing_is_changed_without_consent(options: dict[str, bool], capsys: Said) -> None:
    clis = with_release((1, "deployed"), (2, "pending-upgrade"))
    assert clis.recover(**options) == (0 if options else 1)
    assert "roll it back to revision 1" in capsys.readouterr().out
    assert clis.ran == []


def test_context_of_the_stack_is_used() -> None:
    clis = with_release((1, "deployed"), (2, "pending-upgrade"))
    clis.cluster(
        context="there", clusterIdentifier="arn:aws:eks:us-east-1:123456789012:cluster/dev"
    )
    assert clis.recover(yes=True) == 0
    assert clis.ran == ["helm rollback coder --namespace coder --kube-context there 1"]


def test_release_in_another_cluster_is_not_changed(capsys: Said) -> None:
    clis = with_release((1, "pending-install"))
    clis.cluster(context="there")
    assert clis.recover(yes=True) == 1
    said = capsys.readouterr().out
    assert "points to https://there.example.com:6443, and the stack is on https://api" in said
    assert clis.ran == []


def test_missing_helm_is_named_with_its_installation(capsys: Said) -> None:
    clis = with_release((1, "deployed"), (2, "pending-upgrade"))
    clis.missing = {"helm"}
    assert clis.recover(yes=True) == 1
    said = capsys.readouterr().out
    assert "helm is not on PATH: install it, https://" in said
    assert "solve this for Helm release coder/coder, then run recovery again" in said
    assert "pulumi up" not in said


def test_helm_is_not_needed_without_a_release() -> None:
    clis = Clis(document())
    clis.missing = {"helm"}
    assert clis.recover() == 0


@pytest.mark.parametrize("kubeconfig_exists", [True, False])
def test_unreachable_cluster_is_reported(
    kubeconfig_exists: bool, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    clis = with_release()
    clis.history = "Kubernetes cluster unreachable: connection refused"
    if not kubeconfig_exists:
        monkeypatch.setenv("KUBECONFIG", "/nowhere")
    assert clis.recover(yes=True) == 1
    said = capsys.readouterr().out
    expected = "connection refused" if kubeconfig_exists else "no kubeconfig found at /nowhere"
    assert expected in said
    assert "solve this for Helm release coder/coder" in said


def test_release_is_not_changed_while_its_provider_still_runs(
    capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    clis = with_release((1, "deployed"), (2, "pending-upgrade"))
    plugin = processes.Process(id=77, parent=1, command="/plugins/pulumi-resource-kubernetes x")
    monkeypatch.setattr(processes, "running", lambda: {77: plugin})
    assert clis.recover(yes=True) == 1
    assert clis.ran == []
    said = capsys.readouterr().out
    assert "it is pending-upgrade, and process 77" in said
    assert "wait for the end of that process" in said
    clis.history = [(1, "superseded"), (2, "deployed")]
    assert clis.recover(yes=True) == 0, "what it finished is not rolled back"
    assert clis.ran == []


def test_release_that_changed_after_the_question_is_not_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clis = with_release((1, "pending-install"))

    def answer(question: str) -> str:
        clis.history = [(1, "deployed")]
        return "y"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    with pytest.raises(RecoveryError, match="changed since it was looked at: run recovery again"):
        clis.recover()
    assert clis.ran == []


@pytest.mark.parametrize(
    ("parent", "orphan"),
    [("/usr/bin/pulumi up", None), ("/sbin/init", 77), (None, 77)],
)
def test_provider_without_engine_is_found(
    parent: str | None, orphan: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = "/home/me/.pulumi/plugins/pulumi-resource-kubernetes 127.0.0.1:4"
    running = {77: processes.Process(id=77, parent=5, command=command)}
    if parent:
        running[5] = processes.Process(id=5, parent=1, command=parent)
    monkeypatch.setattr(processes, "running", lambda: running)
    assert processes.orphaned_plugin("kubernetes") == orphan
    assert processes.orphaned_plugin("kube") is None
