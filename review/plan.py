"""The document that `pulumi preview --json` prints, and the parts of it that a comment needs."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

Values = Mapping[str, Any]

SERVER = "postgres-server"
"""The name of the database server in every cloud."""
RELEASE = "coder-release"
MARKER = "coder-record"
"""The ConfigMap whose name Coder's pods carry; it is replaced when their connection changes."""

KEYS = {"config", "steps", "diagnostics", "duration", "changeSummary", "maybeCorrupt"}
"""The keys of the document."""
CHANGES = ("create", "import", "update", "replace", "delete")
"""Steps that change a resource; the two halves of a replacement are shown only on request."""


class PlanError(Exception):
    """Says in one line why the input is not a plan."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """What the engine would do to one resource."""

    op: str
    urn: str
    old: Values
    """The inputs in the state."""
    state: Values
    """The outputs in the state."""
    new: Values
    """The inputs that the program asks for."""
    protected: tuple[bool, bool]
    """Before and after the update."""
    custom: bool
    """Whether it is a resource of a provider, not a component or the stack."""
    paths: tuple[str, ...]
    """The inputs that differ, as dotted paths."""

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return name_of(self.urn)

    @property
    def type(self) -> str:
        """The resource's type, such as `aws:rds/instance:Instance`."""
        return _part(self.urn, 2).rpartition("$")[2]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """A message of the engine, the program or a provider."""

    severity: str
    urn: str
    message: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """What an update would do."""

    settings: Mapping[str, str]
    """By name; encrypted ones are `[secret]`, and objects are JSON."""
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def stack(self) -> str:
        """The stack's name; empty where the engine made no step."""
        return next((_part(step.urn, 0).rpartition(":")[2] for step in self.steps), "")

    @property
    def errors(self) -> list[Diagnostic]:
        """The messages because of which the preview failed."""
        return [each for each in self.diagnostics if each.severity == "error"]

    def step(self, name: str) -> Step | None:
        """The step of the resource with that name, or None if it does not change."""
        return next((step for step in self.changes() if step.name == name), None)

    def changes(self) -> Iterator[Step]:
        """The steps that change a resource of a provider."""
        return (step for step in self.steps if step.custom and step.op in CHANGES)


def parse(text: str) -> Plan:
    """The plan in the text, which may have other lines before it."""
    before, _, document = f"\n{text}".partition("\n{\n")
    try:
        data, _ = json.JSONDecoder().raw_decode(f"{{{document}" if document else before.strip())
        return _plan(data)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PlanError(
            "the input is not what `pulumi preview --json` prints; a preview that fails before the "
            "engine starts prints no plan, and PULUMI_ENABLE_STREAMING_JSON_PREVIEW must not be set"
        ) from None


def name_of(urn: str) -> str:
    """The resource's name in a URN."""
    return urn.split("::", 3)[-1]


def _plan(data: Any) -> Plan:
    if not data or not data.keys() <= KEYS:
        raise ValueError(data)
    settings = {key.partition(":")[2]: str(value) for key, value in data.get("config", {}).items()}
    return Plan(
        settings=settings,
        steps=tuple(_step(each) for each in data.get("steps", ())),
        diagnostics=tuple(
            Diagnostic(
                severity=each.get("severity", ""),
                urn=each.get("urn", ""),
                message=each.get("message", ""),
            )
            for each in data.get("diagnostics", ())
        ),
    )


def _step(data: Any) -> Step:
    old, new = data.get("oldState") or {}, data.get("newState") or {}
    return Step(
        op=data["op"],
        urn=data["urn"],
        old=old.get("inputs") or {},
        state=old.get("outputs") or {},
        new=new.get("inputs") or {},
        protected=(bool(old.get("protect")), bool(new.get("protect"))),
        custom=bool((new or old).get("custom")),
        paths=tuple(sorted(data.get("detailedDiff") or data.get("diffReasons") or ())),
    )


def _part(urn: str, index: int) -> str:
    parts = urn.split("::")
    return parts[index] if index < len(parts) else ""
