"""Resources that the simulated providers refuse: the engine asks only the policies about them."""

from typing import Any

import pulumi


class Unsimulated(pulumi.ComponentResource):
    """A resource of any type without a provider."""

    def __init__(self, kind: str, name: str, inputs: dict[str, Any]) -> None:
        super().__init__(kind, name, inputs)
