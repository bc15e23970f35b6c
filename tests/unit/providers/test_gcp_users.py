"""Users and databases of simulated Cloud SQL instances."""

from typing import Any

import pytest

from sandbox.providers.cloud import events
from sandbox.providers.cloud.servers import Refused, Servers, ServerSpec
from sandbox.providers.framework.errors import Failure, InitFailed
from tests.unit.providers.gcp import (
    DATABASE,
    PROJECT,
    PROJECT_ID,
    USER,
    changes,
    make,
    operation,
    record,
    refused,
    update,
)

ONE = {"instance": "one", "project": PROJECT_ID, "deletionPolicy": "DELETE"}
GOOD = {**ONE, "name": "coder_admin", "password": "secret"}
POLICY = {
    "passwordValidationPolicy": {
        "enablePasswordPolicy": True,
        "minLength": 16,
        "complexity": "COMPLEXITY_DEFAULT",
        "disallowUsernameSubstring": True,
    }
}


def create(**changes: Any) -> dict[str, Any]:
    inputs = {key: each for key, each in (GOOD | changes).items() if each is not None}
    id, outputs = USER.create(operation(), inputs)
    assert id == f"{inputs['name']}//one"
    return {**inputs, **outputs}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The statements that reach the servers."""
    found: list[tuple[str, ...]] = []

    def noting(method: str) -> Any:
        def call(_: Servers, server: ServerSpec, *arguments: str) -> None:
            found.append((method, *arguments))

        return call

    for method in ("put_user", "drop_user", "create_database", "drop_database"):
        monkeypatch.setattr(Servers, method, noting(method))
    return found


def test_user_is_created_changed_and_deleted(calls: list[tuple[str, ...]]) -> None:
    make()
    state = create()
    assert set(record()["users"]) == {"postgres", "coder_admin"}
    assert "secret" not in PROJECT.file.read_text()
    new = {**GOOD, "password": "other"}
    assert changes(USER, state, new) == {"password"}
    state = {**new, **USER.update(operation(), "coder_admin//one", state, new)}
    USER.delete(operation(), "coder_admin//one", state)
    assert set(record()["users"]) == {"postgres"}
    assert calls == [
        ("put_user", "coder_admin", "secret"),
        ("put_user", "coder_admin", "other"),
        ("drop_user", "coder_admin"),
    ]
    assert USER.read(operation(), "coder_admin//one", state) is None


def test_existing_user_gets_the_password(calls: list[tuple[str, ...]]) -> None:
    make()
    create(name="postgres")
    create()
    create(password="again")
    assert calls[-1] == ("put_user", "coder_admin", "again")


def test_abandoned_user_stays(calls: list[tuple[str, ...]]) -> None:
    make()
    USER.delete(operation(), "coder_admin//one", create(deletionPolicy="ABANDON"))
    assert "coder_admin" in record()["users"]
    assert [call[0] for call in calls] == ["put_user"]


def test_unset_type_and_host_are_no_change() -> None:
    make()
    state = create()
    assert (state["type"], state["host"]) == ("BUILT_IN", "")
    assert not changes(USER, state, GOOD)
    assert not changes(USER, state, GOOD | {"type": ""})


def test_role_that_owns_something_is_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    make()
    state = create()

    def owns(*_: Any) -> None:
        raise Refused('role "coder_admin" cannot be dropped because some objects depend on it')

    monkeypatch.setattr(Servers, "drop_user", owns)
    said = refused(lambda: USER.delete(operation(), "coder_admin//one", state))
    assert said.startswith(
        "1 error occurred:\n\t* Error, failed to deleteuser coder_admin in instance one: "
        "googleapi: Error 400: Invalid request: failed to delete user coder_admin: . role "
    )


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"instance": "none"}, "The Cloud SQL instance does not exist."),
        ({"password": None}, "Missing parameter: password"),
        ({"name": "cloudsqladmin"}, "Invalid user name: cloudsqladmin"),
        ({"name": "x" * 64}, "Invalid user name: "),
        ({"host": "%"}, "Error: Host field is only supported for MySQL instances: POSTGRES_17"),
    ],
)
def test_invalid_user_is_refused(inputs: dict[str, Any], words: str) -> None:
    make()
    assert words in refused(lambda: create(**inputs))


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("Short-7", "min length is 16"),
        ("only-lower-case-letters-7", "it must contain lowercase, uppercase"),
        ("Without-Any-Digits-At-All", "it must contain lowercase, uppercase"),
        ("Without7Any7Other7Character", "it must contain lowercase, uppercase"),
        ("This-7-Has-Coder_Admin-In-It", "it contains the username"),
    ],
)
def test_password_must_fulfil_the_policy(password: str, words: str) -> None:
    make(POLICY)
    said = refused(lambda: create(password=password))
    assert "Invalid request: Password does not meet complexity requirements" in said
    assert words in said
    state = create(password="Long-enough-and-7-mixed")
    with pytest.raises(InitFailed, match="failed to updateuser coder_admin into user one") as error:
        USER.update(operation(), "coder_admin//one", state, GOOD | {"password": password})
    assert words in str(error.value)


def test_policy_may_be_off() -> None:
    make({"passwordValidationPolicy": {"enablePasswordPolicy": False, "minLength": 16}})
    create()


def test_user_of_a_deleted_instance_is_an_error_at_a_refresh() -> None:
    make()
    state = create()
    events.delete(PROJECT, "one")
    with pytest.raises(Failure, match="Error 404: The Cloud SQL instance does not exist"):
        USER.read(operation(), "coder_admin//one", state)


def test_user_is_imported_by_project_instance_and_name() -> None:
    make()
    create()
    found = USER.read(operation(), f"{PROJECT_ID}/one/coder_admin", {})
    assert found
    assert found["id"] == "coder_admin//one"
    with pytest.raises(Failure, match="Invalid specifier"):
        USER.read(operation(), "coder_admin", {})


@pytest.mark.parametrize("key", ["databaseRoles", "passwordPolicy", "passwordWo"])
def test_other_users_are_not_simulated(key: str) -> None:
    (found,) = USER.check(operation(), GOOD | {key: ["x"]}, {})
    assert f"not simulated: setting {key} is an error" in found.reason
    (found,) = USER.check(operation(), GOOD | {"type": "CLOUD_IAM_USER"}, {})
    assert "expected type to be one of" in found.reason


def test_root_password_is_that_of_postgres(calls: list[tuple[str, ...]]) -> None:
    state = make(rootPassword="first")
    update(state, rootPassword="hunter2")
    assert calls == [("put_user", "postgres", "hunter2")]
    assert "hunter2" not in PROJECT.file.read_text()


APP = {**ONE, "name": "app"}
APP_ID = f"projects/{PROJECT_ID}/instances/one/databases/app"


def test_database_is_created_and_deleted(calls: list[tuple[str, ...]]) -> None:
    make()
    id, outputs = DATABASE.create(operation(), APP)
    assert id == APP_ID
    assert (outputs["charset"], outputs["collation"]) == ("UTF8", "en_US.UTF8")
    state = {**APP, **outputs}
    assert not changes(DATABASE, state, APP)
    for given in (id, f"{PROJECT_ID}/one/app"):
        found = DATABASE.read(operation(), given, {})
        assert found
        assert found["id"] == APP_ID
    DATABASE.delete(operation(), id, {**state, "deletionPolicy": "ABANDON"})
    assert "app" in record()["databases"]
    DATABASE.delete(operation(), id, state)
    assert set(record()["databases"]) == {"postgres"}
    assert calls == [("create_database", "app"), ("drop_database", "app")]
    assert DATABASE.read(operation(), id, state) is None


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"name": "postgres"}, 'database "postgres" already exists.'),
        ({"name": "template1"}, "already exists"),
        ({"charset": "LATIN1"}, "Invalid charset LATIN1"),
        ({"collation": "C"}, "Invalid collation C"),
        ({"instance": "none"}, "The Cloud SQL instance does not exist."),
    ],
)
def test_invalid_database_is_refused(inputs: dict[str, Any], words: str) -> None:
    make()
    assert words in refused(lambda: DATABASE.create(operation(), APP | inputs))


def test_database_with_connections_is_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    make()
    id, outputs = DATABASE.create(operation(), APP)

    def used(*_: Any) -> None:
        raise Refused('database "app" is being accessed by other users')

    monkeypatch.setattr(Servers, "drop_database", used)
    said = refused(lambda: DATABASE.delete(operation(), id, {**APP, **outputs}))
    assert 'database "app" is being accessed by other users' in said


def test_collation_of_a_database_is_not_changed() -> None:
    make()
    id, outputs = DATABASE.create(operation(), APP)
    state = {**APP, **outputs}
    with pytest.raises(InitFailed, match="collation of a PostgreSQL database can't be changed"):
        DATABASE.update(operation(), id, state, APP | {"collation": "C"})
