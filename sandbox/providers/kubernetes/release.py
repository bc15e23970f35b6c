"""helm.sh/v3 Releases: what pulumi-kubernetes does with Helm's library, done with its CLI."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from sandbox.providers.framework.provider import (
    Failure,
    InitFailed,
    Input,
    Inputs,
    Operation,
    Output,
    Outputs,
    Problem,
    Resource,
)
from sandbox.providers.framework.values import Path, has_unknown
from sandbox.providers.kubernetes import charts
from sandbox.providers.kubernetes.helm import Helm, HelmError
from sandbox.providers.kubernetes.shape import prune, without_nulls

if TYPE_CHECKING:
    from sandbox.providers.kubernetes.provider import Kubernetes

_TIMEOUT_SECONDS = 300
_NAME_IN_USE = "cannot re-use a name that is still in use"
_FLAGS = {
    "both": {
        "atomic": "--atomic",
        "dependencyUpdate": "--dependency-update",
        "devel": "--devel",
        "disableOpenapiValidation": "--disable-openapi-validation",
        "renderSubchartNotes": "--render-subchart-notes",
        "takeOwnership": "--take-ownership",
        "verify": "--verify",
    },
    "install": {
        "createNamespace": "--create-namespace",
        "disableWebhooks": "--no-hooks",
        "replace": "--replace",
        "skipCrds": "--skip-crds",
    },
    "upgrade": {
        "cleanupOnFail": "--cleanup-on-fail",
        "disableCRDHooks": "--no-hooks",
        "forceUpdate": "--force",
        "recreatePods": "--recreate-pods",
        "resetValues": "--reset-values",
        "reuseValues": "--reuse-values",
    },
}
"""What an input that is true adds to which command; as the provider has it, oddities included."""


class Release(Resource):
    """A chart, installed."""

    type = "kubernetes:helm.sh/v3:Release"
    inputs: ClassVar[Inputs] = {
        "chart": Input("string", required=True),
        "name": Input("string", replaces=True),
        "namespace": Input("string", replaces=True),
        **dict.fromkeys(
            ("compat", "description", "keyring", "postrender", "version"), Input("string")
        ),
        **{
            name: Input("boolean")
            for name in (
                *("allowNullValues", "lint", "skipAwait", "waitForJobs"),
                *(name for flags in _FLAGS.values() for name in flags),
            )
        },
        "manifest": Input("map"),
        "maxHistory": Input("integer"),
        "repositoryOpts": Input(
            "object",
            fields={
                **dict.fromkeys(("repo", "caFile", "certFile", "keyFile"), Input("string")),
                "username": Input("string"),
                "password": Input("string", secret=True),
            },
        ),
        "resourceNames": Input("map"),
        "timeout": Input("integer"),
        "valueYamlFiles": Input("list"),
        "values": Input("map"),
    }
    outputs: ClassVar[Outputs] = {
        "resourceNames": Output(volatile=True),
        "status": Output(volatile=True),
    }

    def __init__(self, provider: "Kubernetes") -> None:
        self._provider = provider

    def _helm(self, inputs: Mapping[str, Any]) -> Helm:
        cluster = self._provider.cluster
        return Helm(cluster.config, inputs.get("namespace") or cluster.namespace)

    def _reachable(self, verb: str) -> None:
        if reason := self._provider.cluster.unreachable:
            raise Failure(f"can't {verb} Helm Release with unreachable cluster: {reason}")

    # Inputs and comparison.

    def check(
        self, op: Operation, inputs: dict[str, Any], old: dict[str, Any]
    ) -> Iterable[Problem]:
        """Fill in what the program leaves out; load the chart to know its exact version."""
        kept = without_nulls(inputs)
        inputs.clear()
        inputs.update(kept)
        # An output that the SDK also declares as an input.
        inputs.pop("resourceNames", None)
        inputs["name"] = inputs.get("name") or old.get("name") or f"{op.name}-{op.unique(8)}"
        inputs["namespace"] = inputs.get("namespace") or self._provider.cluster.namespace
        if not inputs.get("skipAwait"):
            inputs.setdefault("timeout", _TIMEOUT_SECONDS)
        inputs["values"] = charts.merged_values(inputs)
        if has_unknown({key: value for key, value in inputs.items() if key != "valueYamlFiles"}):
            return
        try:
            chart = self._chart(op, inputs)
        except HelmError as error:
            reason = f"{error}; check the chart name and repository configuration."
            yield Problem("chart", reason)
        else:
            inputs["version"] = chart["version"]

    def _chart(self, op: Operation, inputs: Mapping[str, Any]) -> dict[str, Any]:
        shown = self._helm(inputs).run(op, "show", "chart", *charts.source(inputs))
        return yaml.safe_load(shown)

    def before(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        """What the state says is installed, in the shape of the old inputs."""
        return {**inputs, **prune(state, inputs)}

    def differs(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Files with values are compared by what is in them."""
        return path[0] not in ("valueYamlFiles", "resourceNames")

    # Installation, upgrade, removal.

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Install it; what a failed installation leaves behind is kept in the state."""
        self._reachable("create")
        id = f"{inputs['namespace']}/{inputs['name']}"
        helm = self._helm(inputs)
        chart = self._chart(op, inputs)
        if chart.get("type", "application") != "application":
            raise Failure(f"{chart['type']} charts are not installable")
        try:
            return id, charts.attributes(self._act(op, helm, "install", inputs), inputs)
        except HelmError as error:
            if _NAME_IN_USE in str(error) or not helm.history(op, inputs["name"]):
                raise
            op.warn(
                f'Helm release "{inputs["name"]}" was created but has a failed status. Use the '
                "`helm` command to investigate the error, correct it, then retry. "
                f"Reason: {error}"
            )
            raise InitFailed(
                id,
                charts.attributes(helm.release(op, inputs["name"]), inputs),
                f'Helm release "{id}" was created, but failed to initialize completely. Use Helm '
                f"CLI to investigate: {_unavailable(id, error)}",
            ) from error

    def update(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """Upgrade it; a failed upgrade leaves the new inputs in the state, rolled back or not."""
        self._reachable("update")
        helm = self._helm(inputs)
        if inputs.get("lint"):
            self._lint(op, helm, inputs)
        revision = _last(helm.history(op, inputs["name"]))
        try:
            return charts.attributes(self._act(op, helm, "upgrade", inputs), inputs)
        except HelmError as error:
            # Helm was refused before it wrote anything down: nothing has changed.
            if _last(helm.history(op, inputs["name"])) == revision:
                raise
            failed = helm.release(op, inputs["name"], revision + 1)
            raise InitFailed(
                id,
                charts.attributes(failed, inputs),
                f'Helm release "{id}" failed to initialize completely. Use Helm CLI to '
                f"investigate: {_unavailable(id, error)}",
            ) from error

    def _act(
        self, op: Operation, helm: Helm, verb: str, inputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        words = [verb, inputs["name"], *charts.source(inputs), "--output", "json"]
        words += ["--timeout", f"{inputs.get('timeout') or _TIMEOUT_SECONDS}s"]
        if not inputs.get("skipAwait"):
            words.append("--wait")
            words += ["--wait-for-jobs"] if inputs.get("waitForJobs") else []
        flags = _FLAGS["both"] | _FLAGS[verb]
        words += [flag for name, flag in flags.items() if inputs.get(name) is True]
        if verb == "upgrade":
            # The CLI would keep ten; the provider keeps all unless it is told otherwise.
            words += ["--history-max", str(inputs.get("maxHistory") or 0)]
        for name, flag in {"description": "--description", "postrender": "--post-renderer"}.items():
            words += [flag, inputs[name]] if inputs.get(name) else []
        return json.loads(helm.run(op, *words, values=inputs.get("values") or {}))

    def _lint(self, op: Operation, helm: Helm, inputs: Mapping[str, Any]) -> None:
        try:
            helm.run(op, "lint", inputs["chart"], values=inputs.get("values") or {})
        except HelmError as error:
            raise Failure(f"malformed chart or values: \n\t{error}") from error

    def delete(self, op: Operation, id: str, state: dict[str, Any]) -> None:
        """Uninstall it, and wait until its objects are gone."""
        if reason := self._provider.cluster.unreachable:
            raise Failure(
                f'can\'t delete Helm Release with unreachable cluster. Reason: "{reason}"'
            )
        words = ["uninstall", state["name"]]
        if state.get("atomic") or not state.get("skipAwait"):
            words += ["--wait", "--timeout", f"{state.get('timeout') or _TIMEOUT_SECONDS}s"]
        self._helm(state).run(op, *words)

    # Reading.

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        """The release as Helm has it: values and chart, not its objects."""
        if reason := self._provider.cluster.unreachable:
            raise Failure(f"failed to read resource state due to unreachable cluster: {reason}")
        namespace, _, name = id.rpartition("/")
        helm = Helm(self._provider.cluster.config, namespace or self._provider.cluster.namespace)
        if not helm.history(op, name):
            return None
        found = helm.release(op, name)
        known = state or {
            "name": name,
            "namespace": found["namespace"],
            "chart": found["chart"]["metadata"]["name"],
            "timeout": _TIMEOUT_SECONDS,
        }
        return {**known, **charts.attributes(found, known)}

    def inputs_of(self, state: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        """The old inputs stay: what differs from them shows when they are compared."""
        if old:
            return old
        return {key: value for key, value in state.items() if key not in self.outputs}


def _last(history: list[dict[str, Any]]) -> int:
    return history[-1]["revision"] if history else 0


def _unavailable(id: str, error: HelmError) -> str:
    return f"failed to become available within allocated timeout. Error: Helm Release {id}: {error}"
