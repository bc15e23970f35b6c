"""RandomPassword, RandomBytes, RandomId and RandomPet, with the behavior of pulumi-random."""

import base64
import secrets
import string
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import bcrypt

from sandbox.providers.bridged.provider import BridgedProvider
from sandbox.providers.framework import sdk
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem, Resource, Resources, by_type
from sandbox.providers.framework.values import UNKNOWN, Path, written
from sandbox.providers.random.animals import ADJECTIVES, ADVERBS, ANIMALS

_BCRYPT_COST = 10


class _Random(Resource):
    """Base class: every changed input replaces the resource."""

    defaults: ClassVar[Mapping[str, Any]] = {}

    def differs(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Setting an input to its default is no change."""
        key = str(path[0])
        return (old.get(key) or self.defaults.get(key)) != (new.get(key) or self.defaults.get(key))

    def replaces(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        return True

    def problem(self, op: Operation, path: Path, summary: str, detail: str) -> Problem:
        """A problem in the messages of the Terraform provider."""
        return Problem("", f"{summary}. {detail}. Examine values at '{op.name}.{written(path)}'.")


class RandomPassword(_Random):
    """A password and its bcrypt hash, both secret."""

    type = "random:index/randomPassword:RandomPassword"
    defaults: ClassVar[Mapping[str, Any]] = {
        "lower": True,
        "upper": True,
        "number": True,
        "numeric": True,
        "special": True,
        "minLower": 0,
        "minUpper": 0,
        "minNumeric": 0,
        "minSpecial": 0,
    }
    inputs, outputs = sdk.resource(type)[:2]

    def differs(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """`false` differs from an unset `true`; an empty overrideSpecial is the same as none."""
        key = str(path[0])
        if key in self.defaults:
            before, after = (values.get(key, self.defaults[key]) for values in (old, new))
            return before != after
        return super().differs(path, old, new)

    def check(
        self, op: Operation, inputs: dict[str, Any], old: dict[str, Any]
    ) -> Iterable[Problem]:
        """Require a length of at least the sum of the minimums, and an allowed character class."""
        values = {**self.defaults, **inputs}
        if UNKNOWN in values.values():
            return
        if values["length"] < 1:
            detail = f"Attribute length value must be at least 1, got: {values['length']}"
            yield self.problem(op, ("length",), "Invalid Attribute Value", detail)
        minimums = ("minUpper", "minLower", "minNumeric", "minSpecial")
        if values["length"] < sum(values[key] for key in minimums):
            detail = (
                "Attribute length value must be at least sum of min_upper + min_lower + "
                f"min_numeric + min_special, got: {values['length']}"
            )
            yield self.problem(op, ("length",), "Invalid Attribute Value", detail)
        if not any(self._allowed(values).values()):
            detail = (
                "At least one attribute out of [special,upper,lower,numeric] must be "
                "specified as true"
            )
            yield self.problem(op, ("special",), "Invalid Attribute Combination", detail)

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Choose the minimum of each class, fill up from all allowed classes, and shuffle."""
        values = {**self.defaults, **inputs}
        allowed = self._allowed(values)
        chosen = [
            secrets.choice(characters)
            for key, characters in allowed.items()
            if characters
            for _ in range(values[key])
        ]
        everything = "".join(allowed.values())
        chosen += [secrets.choice(everything) for _ in range(values["length"] - len(chosen))]
        secrets.SystemRandom().shuffle(chosen)
        return "none", self._state(values, "".join(chosen))

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        """Return the state; at an import, the ID is the password itself."""
        if state:
            return state
        return {"id": "none", "length": len(id), **self._state(self.defaults, id)}

    def _state(self, values: Mapping[str, Any], password: str) -> dict[str, Any]:
        return {**values, "result": password, "bcryptHash": bcrypt_hash(password)}

    def _allowed(self, values: Mapping[str, Any]) -> dict[str, str]:
        special = values.get("overrideSpecial") or "!@#$%&*()-_=+[]{}<>:?"
        return {
            "minLower": string.ascii_lowercase if values["lower"] else "",
            "minUpper": string.ascii_uppercase if values["upper"] else "",
            "minNumeric": string.digits if values["numeric"] and values["number"] else "",
            "minSpecial": special if values["special"] else "",
        }


class RandomBytes(_Random):
    """Random bytes, encoded as base64 and hexadecimal; both are secret."""

    type = "random:index/randomBytes:RandomBytes"
    inputs, outputs = sdk.resource(type)[:2]

    def check(
        self, op: Operation, inputs: dict[str, Any], old: dict[str, Any]
    ) -> Iterable[Problem]:
        """Require at least one byte."""
        if inputs["length"] != UNKNOWN and inputs["length"] < 1:
            detail = f"Attribute length value must be at least 1, got: {inputs['length']}"
            yield self.problem(op, ("length",), "Invalid Attribute Value", detail)

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "none", self._spelled(secrets.token_bytes(inputs["length"]))

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        """Return the state; at an import, the ID is the bytes in base64."""
        if state:
            return state
        content = base64.b64decode(id)
        return {"id": "none", "length": len(content), **self._spelled(content)}

    def _spelled(self, content: bytes) -> dict[str, Any]:
        return {"base64": base64.b64encode(content).decode(), "hex": content.hex()}


class RandomId(_Random):
    """Random bytes in several encodings; the ID has no prefix."""

    type = "random:index/randomId:RandomId"
    inputs, outputs = sdk.resource(type)[:2]

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return self._spelled(secrets.token_bytes(inputs["byteLength"]), inputs.get("prefix") or "")

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        """Return the state; at an import, the ID is `[prefix,]b64url`."""
        if state:
            return state
        prefix, _, encoded = id.rpartition(",")
        content = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        found = {"byteLength": len(content), **({"prefix": prefix} if prefix else {})}
        plain, spelled = self._spelled(content, prefix)
        return {"id": plain, **found, **spelled}

    def _spelled(self, content: bytes, prefix: str) -> tuple[str, dict[str, Any]]:
        url = base64.urlsafe_b64encode(content).decode().rstrip("=")
        return url, {
            "b64Std": prefix + base64.b64encode(content).decode(),
            "b64Url": prefix + url,
            "dec": prefix + str(int.from_bytes(content, "big")),
            "hex": prefix + content.hex(),
        }


class RandomPet(_Random):
    """A name of adverbs, an adjective and an animal; the ID is the whole name."""

    type = "random:index/randomPet:RandomPet"
    defaults: ClassVar[Mapping[str, Any]] = {"length": 2, "separator": "-"}
    inputs, outputs = sdk.resource(type)[:2]

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        values = {**self.defaults, **inputs}
        words = [secrets.choice(ADVERBS) for _ in range(values["length"] - 2)]
        words += [secrets.choice(ADJECTIVES)] if values["length"] > 1 else []
        words.append(secrets.choice(ANIMALS))
        prefix = [values["prefix"]] if values.get("prefix") else []
        return values["separator"].join(prefix + words), {**self.defaults, **inputs}

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        if not state:
            raise Failure("Resource Import Not Implemented: random_pet can't be imported")
        return state


def bcrypt_hash(password: str) -> str:
    """The bcrypt hash of a password."""
    # bcrypt takes at most 72 bytes; the published provider truncates too.
    salt = bcrypt.gensalt(_BCRYPT_COST, prefix=b"2a")
    return bcrypt.hashpw(password.encode()[:72], salt).decode()


class Random(BridgedProvider):
    """The simulated pulumi-random."""

    name = "random"
    resources: ClassVar[Resources] = by_type(
        RandomPassword(), RandomBytes(), RandomId(), RandomPet()
    )
