"""What the Jobs found is shown once and kept."""

from typing import Any

from components.kubernetes.client import ClusterError
from tests.unit.pretend import Engine, deploy
from tests.unit.stacks import made

PREFLIGHT, AFTERCHECK = "coder-preflight-1a2b3c", "coder-aftercheck-1a2b3c"
PASSED = "Preflight of db.example.com passed: latency under load 3 ms on average"
SLOW = "latency: 12 ms on average under load, must be under 10 ms"
RUNS = "Coder uses database coder on db.example.com as coder_blue (2 session(s))"
MESSAGES = {PREFLIGHT: f"{PASSED}\n      Warning: {SLOW}", AFTERCHECK: RUNS}
FINDINGS = {PREFLIGHT: f"{PASSED}\nWarning: {SLOW}", AFTERCHECK: RUNS}


class Checked(Engine):
    """A cluster with the pods of the Jobs, and with what an earlier update has kept."""

    def __init__(self, messages: dict[str, str], kept: dict[str, str] | None = None) -> None:
        super().__init__()
        self.messages = messages
        self.kept = kept

    def config_map(self, namespace: str, name: str) -> dict[str, Any] | None:
        assert (namespace, name) == ("coder", "coder-findings")
        return None if self.kept is None else {"data": self.kept}

    def job_pods(self, namespace: str, job: str) -> list[Any]:
        assert namespace == "coder"
        if job not in self.messages:
            return []
        ended = {"terminated": {"message": self.messages[job]}}
        return [{"status": {"containerStatuses": [{"state": ended}]}}]


def test_the_message_of_each_job_is_a_diagnostic_and_kept() -> None:
    engine = deploy(made(), engine=Checked(MESSAGES))
    findings = engine.named("coder-findings").plain
    assert findings["metadata"] == {"name": "coder-findings", "namespace": "coder"}
    assert findings["data"] == FINDINGS
    for line in (PASSED, SLOW, RUNS):
        assert engine.said.count(line) == 1
    assert {PASSED, SLOW, RUNS} & set(engine.warned) == {SLOW}


def test_what_was_kept_is_not_said_again_even_if_the_pods_are_gone() -> None:
    engine = deploy(made(), engine=Checked({}, FINDINGS))
    assert engine.named("coder-findings").plain["data"] == FINDINGS
    assert not {PASSED, SLOW, RUNS} & set(engine.said)


def test_only_a_new_job_has_a_new_finding() -> None:
    kept = {"coder-preflight-earlier": "earlier", AFTERCHECK: RUNS}
    engine = deploy(made(), engine=Checked(MESSAGES, kept))
    assert engine.named("coder-findings").plain["data"] == FINDINGS
    assert PASSED in engine.said
    assert RUNS not in engine.said


def test_what_cannot_be_read_is_a_warning_and_no_failure() -> None:
    class Unreadable(Engine):
        def config_map(self, namespace: str, name: str) -> Any:
            raise ClusterError("no route")

    engine = deploy(made(), engine=Unreadable())
    assert f"What Job coder/{PREFLIGHT} found can't be read: no route" in engine.warned
    assert engine.named("coder-findings").plain["data"] == {PREFLIGHT: "", AFTERCHECK: ""}
