"""A provider made of declared resources, on the SDK's own provider class.

A subclass has `resources` (resource.py) and `functions`; `serve` (server.py) runs it as a plugin.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2

from sandbox.providers.framework import validation
from sandbox.providers.framework.diff import difference
from sandbox.providers.framework.errors import Failure, InitFailed
from sandbox.providers.framework.operation import REQUEST, Engine, Operation
from sandbox.providers.framework.requests import Kind, Request
from sandbox.providers.framework.resource import Inputs, Problem, Resource, Resources
from sandbox.providers.framework.values import (
    UNKNOWN,
    Path,
    Properties,
    has_unknown,
    marked_map,
    plain_map,
    secret_paths,
)

Function = Callable[[Operation, dict[str, Any]], dict[str, Any]]


class PartialState(Exception):
    """An InitFailed whose values are property values with secret marks, ready for the engine."""

    def __init__(
        self, failed: InitFailed, state: Properties, inputs: Properties | None = None
    ) -> None:
        super().__init__(str(failed))
        self.id = failed.id
        self.reasons = failed.reasons
        self.state = state
        self.inputs = inputs


def own_type(qualified: str) -> str:
    """The resource's own type: the last one in a URN's type, after those of the parents."""
    return qualified.rpartition("$")[2]


class Provider(sdk.Provider):
    """A provider made of declared resources and functions."""

    name: ClassVar[str]
    settings: ClassVar[Inputs] = {}
    """The provider's own inputs; all but strings arrive as JSON text."""
    resources: ClassVar[Resources] = {}
    functions: ClassVar[Mapping[str, Function]] = {}

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.engine = Engine("")

    def messages(self, name: str) -> validation.Messages:
        """The texts with which this provider reports invalid inputs of the named resource."""
        return validation.Messages()

    def resource(self, type: str) -> Resource:
        """The declaration of a type."""
        if type not in self.resources:
            raise Failure(f"unrecognized resource type (Check): {type}")
        return self.resources[type]

    def sends(self, request: Request) -> None:
        """Called before each operation that asks the cloud."""

    def configured(self) -> None:
        """Called when `self.config` is set; raise Failure if it is not usable."""

    # Calls about the provider itself.

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        """Set the provider's own inputs."""
        self.config = decoded(plain_map(request.args), self.settings)
        await asyncio.to_thread(self.configured)
        return sdk.ConfigureResponse(
            accept_secrets=True, supports_preview=True, accept_resources=True
        )

    async def diff_config(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """Every change of the provider's own inputs is an update."""
        old = decoded(plain_map(request.old_state), self.settings)
        new = decoded(plain_map(request.new_inputs), self.settings)
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        # The SDK passes `changes` on as the enum's number.
        return sdk.DiffResponse(changes=cast(bool, some if changed else none), diffs=changed)

    async def cancel(self) -> None:
        """Cancel all operations that wait."""
        self.engine.cancelled.set()

    async def invoke(self, request: sdk.InvokeRequest) -> sdk.InvokeResponse:
        """Call a function."""
        function = self.functions.get(request.tok)
        if function is None:
            raise Failure(f"unrecognized function: {request.tok}")
        op, arguments = self._operation("", 600), plain_map(request.args)
        self._sends("look-up", request.tok, arguments)
        result = await asyncio.to_thread(function, op, arguments)
        return sdk.InvokeResponse(return_value=marked_map(result))

    # Calls about a resource.

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        """Check the inputs against the declaration, and fill in names and defaults."""
        resource = self.resource(own_type(request.type))
        inputs, old = plain_map(request.new_inputs), plain_map(request.old_inputs)
        op = self._operation(request.urn, 60)
        op.seed = request.random_seed

        def checked() -> list[Problem]:
            messages = self.messages(request.name)
            found = list(validation.problems(inputs, resource.inputs, messages))
            if not found:
                validation.fill_defaults(inputs, resource.inputs)
                found = list(resource.check(op, inputs, old))
            return found

        found = await asyncio.to_thread(checked)
        return sdk.CheckResponse(
            inputs=self._marked(resource, inputs, request.new_inputs),
            failures=[sdk.CheckFailure(item.property, item.reason) for item in found],
        )

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """The changed inputs, and those of them that replace the resource."""
        resource = self.resource(own_type(request.type))
        state, new = plain_map(request.old_state), plain_map(request.new_inputs)
        old = self._old_inputs() or state
        return difference(resource, old, state, new, request.ignore_changes)

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        """Create the resource, or preview its creation."""
        resource = self.resource(own_type(request.type))
        inputs = plain_map(request.properties)
        op = self._operation(request.urn, resource.create_timeout, request)
        if request.preview:
            id, state = "", await asyncio.to_thread(resource.preview_create, op, inputs)
        else:
            self._sends("create", resource.type, inputs)
            try:
                id, outputs = await asyncio.to_thread(resource.create, op, inputs)
            except InitFailed as failed:
                raise self._partial(resource, failed, inputs, request.properties) from failed
            state = resource.state_of(inputs, outputs)
        return sdk.CreateResponse(id, self._marked(resource, state, request.properties))

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        """Update the resource, or preview its update."""
        resource = self.resource(own_type(request.type))
        state, inputs = plain_map(request.olds), plain_map(request.news)
        op = self._operation(request.urn, resource.update_timeout, request)
        arguments = (op, request.resource_id, state, inputs)
        if request.preview:
            outputs = await asyncio.to_thread(resource.preview_update, *arguments)
        else:
            self._sends("update", resource.type, inputs, state)
            try:
                outputs = await asyncio.to_thread(resource.update, *arguments)
            except InitFailed as failed:
                raise self._partial(resource, failed, inputs, request.news) from failed
        new = outputs if request.preview else resource.state_of(inputs, outputs)
        return sdk.UpdateResponse(self._marked(resource, new, request.news, request.olds))

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        """Read the resource, for a refresh or an import."""
        resource = self.resource(own_type(request.type))
        op = self._operation(request.urn, 60)
        old = plain_map(request.inputs)
        state = plain_map(request.properties)
        self._sends("read", resource.type, old, state)
        failed: InitFailed | None = None
        try:
            found = await asyncio.to_thread(resource.read, op, request.resource_id, state)
        except InitFailed as unready:
            found, failed = unready.state, unready
        if found is None:
            return sdk.ReadResponse("")
        sources = (request.inputs, request.properties)
        inputs = self._marked(resource, resource.inputs_of(found, old, state), *sources)
        # The ID given to an import may differ from the ID that the resource then has.
        id = found.pop("id", request.resource_id)
        outputs = self._marked(resource, found, *sources)
        if failed:
            raise PartialState(failed, outputs, inputs)
        return sdk.ReadResponse(id, outputs, inputs)

    async def delete(self, request: sdk.DeleteRequest) -> None:
        """Delete the resource."""
        resource = self.resource(own_type(request.type))
        op = self._operation(request.urn, resource.delete_timeout, request)
        state = plain_map(request.properties)
        self._sends("delete", resource.type, {}, state)
        await asyncio.to_thread(resource.delete, op, request.resource_id, state)

    def _sends(
        self, kind: Kind, type: str, inputs: dict[str, Any], state: dict[str, Any] | None = None
    ) -> None:
        request = Request(
            kind=kind, type=type, inputs=inputs, state=state or {}, config=self.config
        )
        self.sends(request)

    def _operation(
        self,
        urn: str,
        timeout: float,
        request: sdk.CreateRequest | sdk.UpdateRequest | sdk.DeleteRequest | None = None,
    ) -> Operation:
        chosen = request.timeout if request else 0
        return Operation(
            engine=self.engine,
            config=self.config,
            urn=urn,
            preview=getattr(REQUEST.get(None), "preview", False),
            timeout=chosen or timeout,
        )

    def _old_inputs(self) -> dict[str, Any]:
        """The old inputs, read from the raw message: the SDK's request class lacks them."""
        return plain_map(PropertyValue.unmarshal_map(REQUEST.get().old_inputs))

    def _marked(
        self, resource: Resource, values: dict[str, Any], *like: Mapping[str, Any]
    ) -> Properties:
        """The values, marked as secret where the declaration or a source in `like` marks them."""
        secrets: set[Path] = set(resource.secrets(values))
        for source in like:
            secrets |= secret_paths(source)
        return marked_map(values, secrets)

    def _partial(
        self, resource: Resource, failed: InitFailed, inputs: dict[str, Any], like: Properties
    ) -> PartialState:
        state = self._marked(resource, resource.state_of(inputs, failed.state), like)
        return PartialState(failed, state)


def decoded(config: Mapping[str, Any], settings: Inputs) -> dict[str, Any]:
    """The provider's inputs, with the JSON text of the SDK decoded."""
    values = dict(config)
    for key, declared in settings.items():
        value = values.get(key)
        if declared.kind != "string" and isinstance(value, str) and value != UNKNOWN:
            values[key] = json.loads(value)
    return values


def autoname(op: Operation, old: Any, digits: int = 7, separator: str = "-") -> str:
    """The old name, or a new one: the resource's name and random hexadecimal digits."""
    if isinstance(old, str) and old and not has_unknown(old):
        return old
    return f"{op.name}{separator}{op.unique(digits)}"
