"""Operations that Azure refuses because the server is busy are repeated for some minutes."""

import asyncio

import pulumi
import pytest

from components.azure import busy
from tests.unit.azure import Azure

BUSY = 'Status=409 Code="ServerIsBusy" Message="Cannot complete operation while server …"'


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(pulumi, "info", lambda message: None)
    return pauses


def answers(*errors: str) -> bool:
    """Whether an operation with these errors, newest first, is repeated."""
    call = pulumi.ErrorHookArgs("urn", "id", "server", "type", errors=list(errors))
    return asyncio.run(busy._retry(call))


def test_busy_server_is_waited_for_and_then_given_up(waited: list[float]) -> None:
    assert all(answers(*[BUSY] * failures) for failures in range(1, len(busy.PAUSES) + 1))
    assert waited == list(busy.PAUSES)
    assert not answers(*[BUSY] * (len(busy.PAUSES) + 1))


@pytest.mark.parametrize("code", ["ServerIsBusy", "ServerIsNotReady", "AnotherOperationInProgress"])
def test_every_code_of_a_busy_resource_is_known(waited: list[float], code: str) -> None:
    assert answers(f'Status=409 Code="{code}" Message="…"')


def test_other_errors_are_not_repeated(waited: list[float]) -> None:
    assert not answers('Status=400 Code="InvalidParameterValue"', BUSY)
    assert not waited


def test_operations_of_servers_and_networks_are_repeated() -> None:
    cloud, other = Azure(), Azure()
    cloud.run()
    other.run(network={"privateEndpoint": {}})
    made = [*cloud.asked, *other.asked]
    hooked = {
        each.name for each in made if f"{each.name}: busy server" in each.hooks.get("on_error", ())
    }
    assert hooked == {
        "postgres-server",
        "postgres-parameter-azure.extensions",
        "postgres-endpoint",
        "postgres-subnet",
        "postgres-nodes-link",
    }
