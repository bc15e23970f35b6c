"""RandomPassword, RandomId and RandomPet, as pulumi-random makes them."""

import base64
import secrets
import string
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import bcrypt

from sandbox.providers.framework.provider import (
    Failure,
    Input,
    Inputs,
    Operation,
    Output,
    Outputs,
    Plugin,
    Problem,
    Resource,
    Resources,
    by_type,
)
from sandbox.providers.framework.validation import BridgedWords
from sandbox.providers.framework.values import UNKNOWN, Path, written
from sandbox.providers.random.animals import ADJECTIVES, ADVERBS, ANIMALS

_BCRYPT_COST = 10


class _Random(Resource):
    """Made once; every change makes it anew."""

    defaults: ClassVar[Mapping[str, Any]] = {}

    def differs(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """A default that is spelled out is no change."""
        key = str(path[0])
        return (old.get(key) or self.defaults.get(key)) != (new.get(key) or self.defaults.get(key))

    def problem(self, op: Operation, path: Path, summary: str, detail: str) -> Problem:
        """What the Terraform provider below says, as the bridge hands it on."""
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
    inputs: ClassVar[Inputs] = {
        "length": Input("integer", required=True, replaces=True),
        "keepers": Input("map", replaces=True),
        "overrideSpecial": Input("string", replaces=True),
        **{
            key: Input("boolean" if isinstance(value, bool) else "integer", replaces=True)
            for key, value in defaults.items()
        },
    }
    outputs: ClassVar[Outputs] = {"result": Output(secret=True), "bcryptHash": Output(secret=True)}

    def differs(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """`false` differs from an unset `true`; an empty overrideSpecial from an unset one not."""
        key = str(path[0])
        if key in self.defaults:
            before, after = (values.get(key, self.defaults[key]) for values in (old, new))
            return before != after
        return super().differs(path, old, new)

    def check(
        self, op: Operation, inputs: dict[str, Any], old: dict[str, Any]
    ) -> Iterable[Problem]:
        """The length must hold the minimums, and some class must be allowed."""
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
        """As many of each class as asked for at least, the rest from all, shuffled."""
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
        """Nothing can change it; an import's id is the password itself."""
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


class RandomId(_Random):
    """Random bytes in several spellings; the id has no prefix."""

    type = "random:index/randomId:RandomId"
    inputs: ClassVar[Inputs] = {
        "byteLength": Input("integer", required=True, replaces=True),
        "keepers": Input("map", replaces=True),
        "prefix": Input("string", replaces=True),
    }
    outputs: ClassVar[Outputs] = {key: Output() for key in ("b64Std", "b64Url", "dec", "hex")}

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Random bytes."""
        return self._spelled(secrets.token_bytes(inputs["byteLength"]), inputs.get("prefix") or "")

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        """Nothing can change it; an import's id is `[prefix,]b64url`."""
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
    """Adverbs, an adjective and an animal; the id is the whole name."""

    type = "random:index/randomPet:RandomPet"
    defaults: ClassVar[Mapping[str, Any]] = {"length": 2, "separator": "-"}
    inputs: ClassVar[Inputs] = {
        "keepers": Input("map", replaces=True),
        "length": Input("integer", replaces=True),
        "prefix": Input("string", replaces=True),
        "separator": Input("string", replaces=True),
    }

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """A name."""
        values = {**self.defaults, **inputs}
        words = [secrets.choice(ADVERBS) for _ in range(values["length"] - 2)]
        words += [secrets.choice(ADJECTIVES)] if values["length"] > 1 else []
        words.append(secrets.choice(ANIMALS))
        prefix = [values["prefix"]] if values.get("prefix") else []
        return values["separator"].join(prefix + words), {**self.defaults, **inputs}

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        """Nothing can change it."""
        if not state:
            raise Failure("Resource Import Not Implemented: random_pet can't be imported")
        return state


def bcrypt_hash(password: str) -> str:
    """The bcrypt hash of a password."""
    # bcrypt takes no more than 72 bytes; the published provider cuts there too.
    salt = bcrypt.gensalt(_BCRYPT_COST, prefix=b"2a")
    return bcrypt.hashpw(password.encode()[:72], salt).decode()


class Random(Plugin):
    """The stand-in for pulumi-random."""

    name = "random"
    resources: ClassVar[Resources] = by_type(RandomPassword(), RandomId(), RandomPet())

    def words(self, name: str) -> BridgedWords:
        """It wraps a Terraform provider."""
        return BridgedWords(name)
