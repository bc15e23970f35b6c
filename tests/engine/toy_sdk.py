from typing import Any

import pulumi


class Thing(pulumi.CustomResource):
    def __init__(
        self, name: str, opts: pulumi.ResourceOptions | None = None, /, **inputs: Any
    ) -> None:
        outputs = dict.fromkeys(("arn", "token", "revision"))
        super().__init__("toy:index:Thing", name, {**outputs, **inputs}, opts)
        self.inputs = inputs


class Bridged(pulumi.CustomResource):
    def __init__(self, name: str, size: int) -> None:
        super().__init__("toy:index:Bridged", name, {"arn": None, "size": size})


def size_of(name: str) -> int:
    return pulumi.runtime.invoke("toy:index:sizeOf", {"name": name}).value["size"]
