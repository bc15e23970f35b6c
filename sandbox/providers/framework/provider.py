"""A provider made of declared resources, on the SDK's own provider class.

A plugin is a `Plugin` with its `resources` (resource.py) and `functions`, started by `serve`.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from pulumi.provider.experimental import provider
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2

from sandbox.providers.framework import validation
from sandbox.providers.framework.diff import difference
from sandbox.providers.framework.errors import Failure, InitFailed
from sandbox.providers.framework.operation import REQUEST, Engine, Operation
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
from sandbox.providers.framework.values import (
    UNKNOWN,
    Path,
    Properties,
    has_unknown,
    marked_map,
    plain_map,
    secret_paths,
)

__all__ = [
    "UNKNOWN",
    "Failure",
    "Function",
    "InitFailed",
    "Input",
    "Inputs",
    "Operation",
    "Output",
    "Outputs",
    "PartialState",
    "Plugin",
    "Problem",
    "Resource",
    "Resources",
    "autoname",
    "by_type",
]

Function = Callable[[Operation, dict[str, Any]], dict[str, Any]]


class PartialState(Exception):
    """An InitFailed with its values marked, as the engine is to store them."""

    def __init__(
        self, failed: InitFailed, state: Properties, inputs: Properties | None = None
    ) -> None:
        super().__init__(str(failed))
        self.id = failed.id
        self.reasons = failed.reasons
        self.state = state
        self.inputs = inputs


def own_type(qualified: str) -> str:
    """The last of the types in a URN, which begins with those of the parents."""
    return qualified.rpartition("$")[2]


class Plugin(provider.Provider):
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
        """What this provider says of wrong inputs of the resource with this name."""
        return validation.Messages()

    def resource(self, type: str) -> Resource:
        """The declaration of a type."""
        if type not in self.resources:
            raise Failure(f"unrecognized resource type (Check): {type}")
        return self.resources[type]

    def configured(self) -> None:
        """Called when `self.config` is set; raise Failure if it is not usable."""

    # Calls about the provider itself.

    async def configure(self, request: provider.ConfigureRequest) -> provider.ConfigureResponse:
        """Set the provider's own inputs."""
        self.config = decoded(plain_map(request.args), self.settings)
        await asyncio.to_thread(self.configured)
        return provider.ConfigureResponse(
            accept_secrets=True, supports_preview=True, accept_resources=True
        )

    async def diff_config(self, request: provider.DiffRequest) -> provider.DiffResponse:
        """A change is an update unless `replaces_provider` says otherwise."""
        old = decoded(plain_map(request.old_state), self.settings)
        new = decoded(plain_map(request.new_inputs), self.settings)
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider.DiffResponse(
            # The SDK passes this on as the enum's number.
            changes=cast(bool, some if changed else none),
            replaces=[key for key in changed if self.replaces_provider(key, old, new)],
            diffs=changed,
        )

    def replaces_provider(self, key: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Whether a changed input replaces the provider and all its resources."""
        return False

    async def cancel(self) -> None:
        """Stop waiting operations."""
        self.engine.cancelled.set()

    async def invoke(self, request: provider.InvokeRequest) -> provider.InvokeResponse:
        """Call a function."""
        function = self.functions.get(request.tok)
        if function is None:
            raise Failure(f"unrecognized function: {request.tok}")
        op = self._operation("", 600)
        result = await asyncio.to_thread(function, op, plain_map(request.args))
        return provider.InvokeResponse(return_value=marked_map(result))

    # Calls about a resource.

    async def check(self, request: provider.CheckRequest) -> provider.CheckResponse:
        """Check the inputs against the declaration, and fill in names and defaults."""
        resource = self.resource(own_type(request.type))
        inputs, old = plain_map(request.new_inputs), plain_map(request.old_inputs)
        op = self._operation(request.urn, 60)
        op.seed = request.random_seed

        def checked() -> list[Problem]:
            found: list[Problem] = []
            if resource.strict:
                found = list(
                    validation.problems(inputs, resource.inputs, self.messages(request.name))
                )
            if not found:
                for key, declared in resource.inputs.items():
                    if declared.default is not None and inputs.get(key) is None:
                        inputs[key] = declared.default
                found = list(resource.check(op, inputs, old))
            return found

        found = await asyncio.to_thread(checked)
        return provider.CheckResponse(
            inputs=self._marked(resource, inputs, request.new_inputs),
            failures=[provider.CheckFailure(item.property, item.reason) for item in found],
        )

    async def diff(self, request: provider.DiffRequest) -> provider.DiffResponse:
        """The changes of the new inputs, and those that replace."""
        resource = self.resource(own_type(request.type))
        state, new = plain_map(request.old_state), plain_map(request.new_inputs)
        op = self._operation(request.urn, 60)
        old = self._old_inputs() or state
        ignored = request.ignore_changes
        return await asyncio.to_thread(difference, resource, op, old, state, new, ignored)

    async def create(self, request: provider.CreateRequest) -> provider.CreateResponse:
        """Create it, or preview that."""
        resource = self.resource(own_type(request.type))
        inputs = plain_map(request.properties)
        op = self._operation(request.urn, resource.create_timeout, request)
        if request.preview:
            id, state = "", await asyncio.to_thread(resource.preview_create, op, inputs)
        else:
            try:
                id, outputs = await asyncio.to_thread(resource.create, op, inputs)
            except InitFailed as failed:
                raise self._partial(resource, failed, inputs, request.properties) from failed
            state = {**inputs, **outputs}
        return provider.CreateResponse(id, self._marked(resource, state, request.properties))

    async def update(self, request: provider.UpdateRequest) -> provider.UpdateResponse:
        """Update it, or preview that."""
        resource = self.resource(own_type(request.type))
        state, inputs = plain_map(request.olds), plain_map(request.news)
        op = self._operation(request.urn, resource.update_timeout, request)
        arguments = (op, request.resource_id, state, inputs)
        if request.preview:
            outputs = await asyncio.to_thread(resource.preview_update, *arguments)
        else:
            try:
                outputs = await asyncio.to_thread(resource.update, *arguments)
            except InitFailed as failed:
                raise self._partial(resource, failed, inputs, request.news) from failed
        return provider.UpdateResponse(
            self._marked(resource, {**inputs, **outputs}, request.news, request.olds)
        )

    async def read(self, request: provider.ReadRequest) -> provider.ReadResponse:
        """Read it, for a refresh or an import."""
        resource = self.resource(own_type(request.type))
        op = self._operation(request.urn, 60)
        old = plain_map(request.inputs)
        state = plain_map(request.properties)
        failed: InitFailed | None = None
        try:
            found = await asyncio.to_thread(resource.read, op, request.resource_id, state)
        except InitFailed as unready:
            found, failed = unready.state, unready
        if found is None:
            return provider.ReadResponse("")
        # An import may use another id than the resource then has.
        id = found.pop("id", request.resource_id)
        sources = (request.inputs, request.properties)
        outputs = self._marked(resource, found, *sources)
        inputs = self._marked(resource, resource.inputs_of(found, old), *sources)
        if failed:
            raise PartialState(failed, outputs, inputs)
        return provider.ReadResponse(id, outputs, inputs)

    async def delete(self, request: provider.DeleteRequest) -> None:
        """Delete it."""
        resource = self.resource(own_type(request.type))
        op = self._operation(request.urn, resource.delete_timeout, request)
        state = plain_map(request.properties)
        await asyncio.to_thread(resource.delete, op, request.resource_id, state)

    def _operation(
        self,
        urn: str,
        timeout: float,
        request: provider.CreateRequest
        | provider.UpdateRequest
        | provider.DeleteRequest
        | None = None,
    ) -> Operation:
        chosen = request.timeout if request else 0
        return Operation(
            engine=self.engine,
            config=self.config,
            urn=urn,
            preview=getattr(REQUEST.get(None), "preview", False),
            timeout=chosen or timeout,
            custom_timeout=bool(chosen),
        )

    def _old_inputs(self) -> dict[str, Any]:
        """The old inputs, which the SDK's request leaves out."""
        return plain_map(PropertyValue.unmarshal_map(REQUEST.get().old_inputs))

    def _marked(
        self, resource: Resource, values: dict[str, Any], *like: Mapping[str, Any]
    ) -> Properties:
        """The values, secret where the declaration or one of the sources says so."""
        secrets: set[Path] = set(resource.secrets(values))
        for source in like:
            secrets |= secret_paths(source)
        return marked_map(values, secrets)

    def _partial(
        self, resource: Resource, failed: InitFailed, inputs: dict[str, Any], like: Properties
    ) -> PartialState:
        state = self._marked(resource, {**inputs, **failed.state}, like)
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
