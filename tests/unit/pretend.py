"""A pretend engine: runs the program and records what it asks for, without a cloud."""

import asyncio
import dataclasses
import json
import logging
import runpy
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar
from unittest import mock

import pulumi
import pytest
from google.protobuf.json_format import MessageToDict
from pulumi import resource_hooks
from pulumi.runtime import mocks, resource, rpc
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.settings import SETTINGS, set_root_resource
from pulumi.runtime.stack import run_in_stack

from components import recorded
from components.kubernetes import identity
from components.kubernetes.client import Cluster
from tests.unit.stacks import Stack

PASSWORDS = {"blue": "blu3~canary_word", "green": "gr33n~canary_word"}
"""What the pretend engine generates, by colour."""

CREATED = "2026-01-02T03:04:00Z"
"""When every object was made."""

BYTES = "random:index/randomBytes:RandomBytes"
JOB = "kubernetes:batch/v1:Job"
NAMESPACE = "kubernetes:core/v1:Namespace"
PASSWORD = "random:index/randomPassword:RandomPassword"
RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET = "kubernetes:core/v1:Secret"


@dataclasses.dataclass(frozen=True)
class Resource:
    """One registration, as it went over the wire."""

    urn: str
    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    """Secrets are wrapped, just where they are."""
    dependencies: set[str]
    protect: bool
    provider: str
    hooks: dict[str, list[str]]
    ignores: set[str]
    timeouts: dict[str, str]
    deleted_with: str
    read: bool

    @property
    def plain(self) -> dict[str, Any]:
        """The inputs with their secrets unwrapped."""
        return unwrapped(self.inputs)

    @property
    def in_the_clear(self) -> str:
        """Whatever of the inputs is not marked secret, as JSON."""
        return json.dumps(unwrapped(self.inputs, secret="[secret]"), ensure_ascii=False)


class Monitor(mocks.MockMonitor):
    """Records what the mocks' own record leaves out: parents, dependencies, options."""

    def __init__(self, engine: "Engine") -> None:
        super().__init__(engine)
        self.engine = engine

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self.engine.record(request, response.urn, request.object, read=False)
        return response

    def Invoke(self, request: Any) -> Any:
        self.engine.versions[request.tok] = request.version
        return super().Invoke(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self.engine.outputs[request.urn.rsplit("::", 1)[-1]] = MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)

    def ReadResource(self, request: Any) -> Any:
        response = super().ReadResource(request)
        self.engine.record(request, response.urn, request.properties, read=True)
        return response


class Engine(pulumi.runtime.Mocks):
    """What was asked for, once a program has run and everything has landed."""

    def __init__(self) -> None:
        self.asked: list[Resource] = []
        self.outputs: dict[str, dict[str, Any]] = {}
        """What each component, and the stack, registered as outputs; secrets are wrapped."""
        self.hooks: dict[str, pulumi.ResourceHook] = {}
        self.errors: dict[str, pulumi.ErrorHook] = {}
        """The hooks that are called after an error."""
        self.versions: dict[str, str] = {}
        """The provider's version that each look-up asked for, by token."""
        self.said: list[str] = []
        self.warned: list[str] = []
        self.state: dict[str, dict[str, Any]] = {}
        """The outputs that the stack's state records, by URN."""
        self.cluster_identifier = ""
        """Of the provider in the state; empty for a new stack."""
        self.missing: set[str] = set()
        """What the cluster does not have: Namespaces, and `<namespace>/<name>` of other objects."""
        self.namespace_metadata: dict[str, dict[str, Any]] = {}
        """Labels and annotations of the Namespaces, by their names."""
        self.kube_system_uid = ""
        """Of the cluster; empty where it can't be read."""
        self.uid_required: bool | None = None
        """Whether a cluster that does not answer would be an error; None where it is not asked."""

    def record(self, request: Any, urn: str, properties: Any, *, read: bool) -> None:
        hooks = {} if read else MessageToDict(request.hooks, preserving_proto_field_name=True)
        self.asked.append(
            Resource(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent,
                inputs=MessageToDict(properties),
                dependencies=set(request.dependencies),
                protect=not read and request.protect,
                provider=request.provider,
                hooks={kind: names for kind, names in hooks.items() if isinstance(names, list)},
                ignores=set() if read else set(request.ignoreChanges),
                timeouts={} if read else MessageToDict(request.customTimeouts),
                deleted_with="" if read else request.deletedWith,
                read=read,
            )
        )

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        if args.token == recorded.STATE:
            assert args.args == {"stackName": "organization/coder/dev"}
            known = {"clusterIdentifier": self.cluster_identifier}
            provider = {"urn:pulumi:dev::coder::pulumi:providers:kubernetes::cluster": known}
            found = self.state | (provider if self.cluster_identifier else {})
            return {"outputs": {urn: {"outputs": outputs} for urn, outputs in found.items()}}
        raise AssertionError(f"nothing may be looked up while resources are made: {args.token}")

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        name = f"{args.name}-1a2b3c"
        metadata = {"name": name, "namespace": "coder", "creationTimestamp": CREATED}
        metadata |= args.inputs.get("metadata") or {}
        answers: dict[str, dict[str, Any]] = {
            JOB: {"metadata": metadata, "status": {"completionTime": "2026-01-02T03:04:05Z"}},
            PASSWORD: {"result": secret(generated(args.name, args.inputs.get("keepers") or {}))},
            BYTES: {"hex": secret("00" * 32)},
            RELEASE: {"status": {"name": "coder", "namespace": "coder", "revision": 1}},
        }
        default = {"metadata": metadata} if args.typ.startswith("kubernetes:core") else {}
        return name, {**args.inputs, **answers.get(args.typ, default)}

    def read_uid(self, _: object, *, required: bool) -> str:
        """The uid of the cluster's kube-system."""
        self.uid_required = required
        return self.kube_system_uid

    def deployment(self, namespace: str, name: str) -> dict[str, Any] | None:
        """The Deployment in the cluster."""
        return rolled_out(1)

    def replica_sets(self, namespace: str, selector: str) -> list[Any]:
        """The ReplicaSets in the cluster."""
        return []

    def pods(self, namespace: str, selector: str) -> list[Any]:
        """The pods in the cluster."""
        return []

    def namespace(self, name: str) -> dict[str, Any] | None:
        """The Namespace in the cluster."""
        metadata = {"name": name} | self.namespace_metadata.get(name, {})
        return None if name in self.missing else {"metadata": metadata}

    def object(self, namespace: str, name: str) -> dict[str, Any] | None:
        """The Secret or ServiceAccount in the cluster."""
        return None if f"{namespace}/{name}" in self.missing else {"metadata": {"name": name}}

    def config_map(self, namespace: str, name: str) -> dict[str, Any] | None:
        """The ConfigMap in the cluster."""
        return None

    def service(self, namespace: str, name: str) -> dict[str, Any] | None:
        """The Service in the cluster."""
        status = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}
        return {"metadata": {}, "spec": {"type": "LoadBalancer"}, "status": status}

    def ingress(self, namespace: str, name: str) -> dict[str, Any] | None:
        """The Ingress in the cluster."""
        return None

    def gateway(self, namespace: str, name: str) -> dict[str, Any] | None:
        """The Gateway in the cluster."""
        return None

    def job_pods(self, namespace: str, job: str) -> list[Any]:
        """The pods of a Job in the cluster."""
        return []

    @property
    def exports(self) -> dict[str, Any]:
        """The stack's outputs; secrets are wrapped."""
        return self.outputs["coder-dev"]

    def all(self, kind: str) -> list[Resource]:
        return [resource for resource in self.asked if resource.type == kind]

    def named(self, name: str) -> Resource:
        """The one resource of that name."""
        found = [resource for resource in self.asked if resource.name == name]
        assert len(found) == 1, f"{len(found)} resources are named {name}: {self.names}"
        return found[0]

    @property
    def names(self) -> set[str]:
        return {resource.name for resource in self.asked}


def main() -> None:
    """The program, as the engine runs it."""
    runpy.run_path("__main__.py")


def deploy(
    stack: Stack,
    *,
    secrets: Collection[str] = ("existing",),
    engine: Engine | None = None,
    program: Callable[[], None] = main,
    preview: bool = False,
) -> Engine:
    """Runs the program on a stack's settings and waits until every registration has landed."""
    engine = engine or Engine()
    logger = logging.Logger("pretend", logging.INFO)
    logger.addHandler(_Listener(engine.said))
    logger.addHandler(_Listener(engine.warned, logging.WARNING))
    # What a test before this one may have left unfinished belongs to a loop that is gone.
    runtime: Any = SETTINGS
    runtime.rpc_manager.clear()
    runtime.outputs.clear()
    # Each program has a stack and a loop of its own, so set_mocks is kept from making a stack.
    set_root_resource(mock.sentinel.root)
    pulumi.runtime.set_mocks(
        engine,
        project="coder",
        stack="dev",
        organization="organization",
        preview=preview,
        logger=logger,
        monitor=Monitor(engine),
    )
    set_root_resource(None)  # pyright: ignore[reportArgumentType]
    pulumi.runtime.set_all_config(
        {key if ":" in key else f"coder:{key}": _text(value) for key, value in stack.items()},
        [f"coder:{key}" for key in secrets],
    )
    loop = asyncio.new_event_loop()
    # The first error is raised; the outputs that depend on it would each print it again.
    loop.set_exception_handler(lambda *_: None)
    asyncio.set_event_loop(loop)
    try:
        with (
            mock.patch.multiple(
                Cluster,
                namespace=lambda _, *where: engine.namespace(*where),
                secret=lambda _, *where: engine.object(*where),
                service_account=lambda _, *where: engine.object(*where),
                deployment=lambda _, *where: engine.deployment(*where),
                replica_sets=lambda _, *where: engine.replica_sets(*where),
                pods=lambda _, *where: engine.pods(*where),
                config_map=lambda _, *where: engine.config_map(*where),
                job_pods=lambda _, *where: engine.job_pods(*where),
                service=lambda _, *where: engine.service(*where),
                ingress=lambda _, *where: engine.ingress(*where),
                gateway=lambda _, *where: engine.gateway(*where),
            ),
            # A real registration starts a gRPC server for each hook that no engine calls.
            mock.patch.object(resource_hooks, "register_resource_hook", _recording(engine.hooks)),
            mock.patch.object(resource_hooks, "register_error_hook", _recording(engine.errors)),
            # A stack trace for each resource, through pytest's frames, is a tenth of the run's CPU.
            mock.patch.object(resource, "_get_stack_trace", StackTrace),
            mock.patch.object(identity, "kube_system_uid", engine.read_uid),
        ):
            loop.run_until_complete(run_in_stack(program))
    finally:
        loop.close()
    return engine


def deployed(stack: Stack) -> Engine:
    """What came of a stack, for tests that only read: each stack is deployed once."""
    key = json.dumps(stack, sort_keys=True)
    if key not in _deployed:
        _deployed[key] = deploy(stack)
    return _deployed[key]


_deployed: dict[str, Engine] = {}


def refused(
    stack: Stack, *, secrets: Collection[str] = ("existing",), engine: Engine | None = None
) -> list[str]:
    """The lines with which the program refuses a stack, having registered nothing."""
    engine = engine or Engine()
    with pytest.raises(pulumi.RunError) as error:
        deploy(stack, secrets=secrets, engine=engine)
    assert not engine.asked, "something was registered before the settings were refused"
    first, *lines = str(error.value).splitlines()
    assert first == "The settings of stack dev can't be used:"
    return [line.removeprefix("  ") for line in lines]


def rolled_out(replicas: int, ready: int | None = None) -> dict[str, Any]:
    """A Deployment whose rollout is complete, but for pods that are not ready any more."""
    ready = replicas if ready is None else ready
    progressing = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    return {
        "metadata": {"generation": 1, "annotations": {"deployment.kubernetes.io/revision": "1"}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "coderd"}}},
        "status": {
            "observedGeneration": 1,
            "replicas": replicas,
            "updatedReplicas": replicas,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "conditions": [progressing],
        },
    }


def generated(name: str, keepers: Mapping[str, str]) -> str:
    """The password of that name, another one with other keepers; the first two are PASSWORDS."""
    first = PASSWORDS.get(name.rsplit("-", 1)[-1], "")
    return first + "~" * (int(keepers.get("generation", 0)) // 2)


def secret(value: Any) -> dict[str, Any]:
    """A value marked secret, as it goes over the wire."""
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def unwrapped(value: Any, secret: Any = None) -> Any:
    """The value without its secrets' wrappers, or with `secret` in place of each."""
    if isinstance(value, list):
        return [unwrapped(item, secret) for item in value]
    if not isinstance(value, dict):
        return value
    if rpc.is_rpc_secret(value):
        return secret or unwrapped(rpc.unwrap_rpc_secret(value))
    return {key: unwrapped(item, secret) for key, item in value.items()}


class _Listener(logging.Handler):
    def __init__(self, said: list[str], level: int = logging.INFO) -> None:
        super().__init__(level)
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


Hook = TypeVar("Hook", pulumi.ResourceHook, pulumi.ErrorHook)


def _recording(hooks: dict[str, Hook]) -> Callable[[Hook], asyncio.Future[None]]:
    def register(hook: Hook) -> asyncio.Future[None]:
        assert hook.name not in hooks, f"the engine takes no second hook named {hook.name}"
        hooks[hook.name] = hook
        registered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        registered.set_result(None)
        return registered

    return register


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
