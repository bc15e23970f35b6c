"""A plugin whose cloud is a folder of files, to test what all plugins share."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from sandbox.providers.bridged.errors import one_error
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.framework.errors import Failure, InitFailed
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import Provider, autoname
from sandbox.providers.framework.resource import (
    Input,
    Inputs,
    Output,
    Outputs,
    Problem,
    Resource,
    Resources,
    by_type,
)
from sandbox.providers.framework.server import serve


def _file(id: str) -> Path:
    return Path(os.environ["TOY_CLOUD"], f"{id}.json")


class Bridged(BridgedResource):
    """A bridged resource; its cloud refuses sizes above 100."""

    type = "toy:index:Bridged"
    inputs: ClassVar[Inputs] = {"size": Input("integer", required=True)}
    outputs: ClassVar[Outputs] = {"arn": Output()}

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return op.name, self.modify(op, op.name, {}, inputs)

    def modify(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        if not self.changes(self.before({}, state), inputs):
            return json.loads(_file(id).read_text())
        if inputs["size"] > 100:
            raise one_error(f"size {inputs['size']} is too large")
        stored = {"size": inputs["size"], "arn": f"arn:toy:{id}"}
        _file(id).write_text(json.dumps(stored))
        return stored

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        return json.loads(_file(id).read_text()) if _file(id).exists() else None

    def delete(self, op: Operation, id: str, state: dict[str, Any]) -> None:
        _file(id).unlink(missing_ok=True)


class Thing(Resource):
    type = "toy:index:Thing"
    inputs: ClassVar[Inputs] = {
        "name": Input("string", replaces=True),
        "size": Input("integer", required=True),
        "zone": Input("string", replaces=True),
        "password": Input("string", secret=True),
        "shape": Input("object", fields={"sides": Input("integer", required=True)}),
        "fail": Input("string"),
        "unready": Input("string"),
        "sleep": Input("number"),
    }
    outputs: ClassVar[Outputs] = {
        "arn": Output(),
        "token": Output(secret=True),
        "revision": Output(volatile=True),
    }

    def check(
        self, op: Operation, inputs: dict[str, Any], old: dict[str, Any]
    ) -> Iterable[Problem]:
        if "name" not in inputs:
            inputs["name"] = autoname(op, old.get("name"))
        if isinstance(inputs["size"], int) and inputs["size"] > 100:
            yield Problem("size", "size must be at most 100")

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if _file(inputs["name"]).exists():
            raise Failure(f"thing {inputs['name']} exists already")
        return inputs["name"], self._put(op, inputs, 1)

    def update(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        return self._put(op, inputs, state["revision"] + 1)

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        return json.loads(_file(id).read_text()) if _file(id).exists() else None

    def delete(self, op: Operation, id: str, state: dict[str, Any]) -> None:
        _file(id).unlink(missing_ok=True)

    def _put(self, op: Operation, inputs: dict[str, Any], revision: int) -> dict[str, Any]:
        if inputs.get("fail"):
            raise Failure(inputs["fail"])
        name = inputs["name"]
        outputs = {"arn": f"arn:toy:{name}", "token": f"token-{name}", "revision": revision}
        _file(name).write_text(json.dumps({**inputs, **outputs}))
        op.status(f"making {name}")
        if inputs.get("sleep"):
            op.sleep(inputs["sleep"])
        if inputs.get("unready"):
            raise InitFailed(name, outputs, inputs["unready"])
        return outputs


def size_of(op: Operation, arguments: dict[str, Any]) -> dict[str, Any]:
    if not _file(arguments["name"]).exists():
        raise Failure(f"no thing named {arguments['name']}")
    return {"size": json.loads(_file(arguments["name"]).read_text())["size"]}


class Toy(Provider):
    name = "toy"
    resources: ClassVar[Resources] = by_type(Thing(), Bridged())
    functions: ClassVar = {"toy:index:sizeOf": size_of}


if __name__ == "__main__":
    serve(Toy(), "1.0.0")
