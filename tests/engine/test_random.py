"""The simulated random provider agrees with pulumi-random."""

import json

from sandbox.providers.framework.operation import Engine, Operation
from sandbox.providers.random.provider import (
    RandomBytes,
    RandomId,
    RandomPassword,
    RandomPet,
    bcrypt_hash,
)
from tests.engine.stack import Stack, is_secret

OP = Operation(Engine(""), {}, "urn:pulumi:dev::engine::random::pw")
IMPORT = "import pulumi_random as random\n"


def test_password_is_secret_and_replaced_with_its_keepers(stack: Stack) -> None:
    password = 'random.RandomPassword("pw", length=24, override_special="-_~"'
    stack.program(IMPORT + password + ', min_upper=1, keepers={"g": "1"})').up()
    first = stack.resource("pw")
    assert first["id"] == "none"
    assert is_secret(first["outputs"]["result"])
    assert is_secret(first["outputs"]["bcryptHash"])

    stack.program(IMPORT + password + ', min_upper=1, lower=True, keepers={"g": "1"})')
    assert "2 unchanged" in stack.preview(), "a default that is spelled out is no change"
    stack.program(IMPORT + password + ', min_upper=1, keepers={"g": "2"})')
    assert "+-1 to replace" in stack.preview()
    stack.program(IMPORT + password + ', keepers={"g": "1"})')
    assert "+-1 to replace" in stack.preview(), "any other input makes it anew too"


def test_password_can_be_imported(stack: Stack) -> None:
    imported = stack.run(
        *("import", "random:index/randomPassword:RandomPassword", "pw", "Tr0ub4dor"),
        *("--yes", "--protect=false", "--generate-code=false", "--skip-preview"),
    )
    assert imported.returncode == 0, imported.stdout
    found = stack.resource("pw")
    assert found["id"] == "none"
    assert found["outputs"]["length"] == 9
    assert is_secret(found["outputs"]["result"])
    assert "Tr0ub4dor" not in json.dumps(found)


def test_password_has_the_requested_characters() -> None:
    inputs = {"length": 20, "minUpper": 3, "minNumeric": 4, "minSpecial": 5, "special": True}
    _, state = RandomPassword().create(OP, inputs | {"overrideSpecial": "~"})
    made = state["result"]
    assert len(made) == 20
    assert sum(character.isupper() for character in made) >= 3
    assert sum(character.isdigit() for character in made) >= 4
    assert made.count("~") >= 5
    assert state["bcryptHash"].startswith("$2a$10$")
    assert len(bcrypt_hash("x")) == 60


def test_impossible_password_is_refused() -> None:
    found = list(RandomPassword().check(OP, {"length": 2, "minUpper": 2, "minLower": 1}, {}))
    assert "sum of min_upper + min_lower" in found[0].reason
    none = dict.fromkeys(("lower", "upper", "numeric", "special"), False)
    found = list(RandomPassword().check(OP, {"length": 2, **none}, {}))
    assert "must be specified as true" in found[0].reason


def test_empty_override_special_equals_none() -> None:
    changes = RandomPassword().changes
    assert not changes({"length": 3, "overrideSpecial": ""}, {"length": 3})
    assert changes({"length": 3, "overrideSpecial": "!"}, {"length": 3})


def test_bytes_are_secret(stack: Stack) -> None:
    stack.program(IMPORT + 'random.RandomBytes("bytes", length=32)').up()
    outputs = stack.resource("bytes")["outputs"]
    assert is_secret(outputs["hex"])
    assert is_secret(outputs["base64"])
    stack.program(IMPORT + 'random.RandomBytes("bytes", length=16)')
    assert "+-1 to replace" in stack.preview()


def test_bytes_are_imported_by_their_base64() -> None:
    _, state = RandomBytes().create(OP, {"length": 3})
    assert len(state["hex"]) == 6
    assert RandomBytes().read(OP, state["base64"], {}) == {"id": "none", "length": 3} | state


def test_id_has_all_encodings() -> None:
    id, state = RandomId().create(OP, {"byteLength": 4, "prefix": "p-"})
    assert state["b64Url"] == f"p-{id}"
    assert state["hex"].startswith("p-")
    assert len(state["hex"]) == 10
    assert (
        RandomId().read(OP, f"p-,{id}", {}) == {"id": id, "byteLength": 4, "prefix": "p-"} | state
    )


def test_pet_name_is_its_id() -> None:
    id, state = RandomPet().create(OP, {"length": 3, "prefix": "pre"})
    assert id.count("-") == 3
    assert id.startswith("pre-")
    assert state["separator"] == "-"
