"""The setting `jobs`: what the rules of a cluster demand of the pods of the program's Jobs."""

import dataclasses
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any

import pydantic

from components.kubernetes.labels import SUBDOMAIN, key_problems, label_problems
from components.kubernetes.quantities import amount
from components.setting_model import SettingModel

PART_OF = MappingProxyType(
    {"app.kubernetes.io/managed-by": "pulumi", "app.kubernetes.io/part-of": "coder"}
)
"""Labels of every Job and its pod, for NetworkPolicies. `app.kubernetes.io/instance` must not be
among them: Argo CD would take the Job for one of its own."""
COMPONENT = "app.kubernetes.io/component"
"""The label that tells the Jobs apart."""
TRIGGER = "coder/trigger"
"""The annotation of the pod that changes when the Job must run again."""
REPLACE_UNREADY = "pulumi.com/replaceUnready"
"""The annotation that has the next update replace a failed Job instead of waiting for it."""
OPERATORS = ("Equal", "Exists", "Gt", "Lt")
EFFECTS = ("NoExecute", "NoSchedule", "PreferNoSchedule")

Quantity = Annotated[
    str,
    pydantic.BeforeValidator(
        # The CLI makes a number of what looks like one.
        lambda value: str(value) if type(value) in (int, float) else value
    ),
]


class Toleration(SettingModel):
    """One entry of `jobs.tolerations`, in the words of Kubernetes."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None

    def problems(self, at: str) -> Iterator[str]:
        """One line for each thing that the API server would refuse."""
        if self.operator not in OPERATORS:
            yield f'{at}.operator: is "{self.operator}", must be one of: {", ".join(OPERATORS)}'
        if self.effect and self.effect not in EFFECTS:
            yield f'{at}.effect: is "{self.effect}", must be one of: {", ".join(EFFECTS)}'
        if not self.key and self.operator != "Exists":
            yield f"{at}.key: missing; only with the operator Exists it may be left out"
        if self.value and self.operator == "Exists":
            yield f"{at}.value: must not be set with the operator Exists; remove it"
        if self.toleration_seconds is not None and self.effect != "NoExecute":
            yield f"{at}.tolerationSeconds: needs the effect NoExecute; set it, or remove this"


class Resources(SettingModel):
    """The requests and limits of a Job's container."""

    requests: dict[str, Quantity] = pydantic.Field(default_factory=dict)
    limits: dict[str, Quantity] = pydantic.Field(default_factory=dict)

    def problems(self, at: str) -> Iterator[str]:
        """One line for each quantity that the API server would refuse."""
        for kind, given in (("requests", self.requests), ("limits", self.limits)):
            for name, quantity in given.items():
                if amount(quantity) is None:
                    yield (
                        f'{at}.{kind}.{name}: is "{quantity}", must be a quantity such as 100m '
                        "or 64Mi"
                    )
        for name, limit in self.limits.items():
            asked, most = amount(self.requests.get(name, "0")), amount(limit)
            if asked is not None and most is not None and asked > most:
                yield (
                    f"{at}.requests.{name}: is {self.requests[name]}, must be at most the limit "
                    f"({limit})"
                )


class JobSettings(SettingModel):
    """The setting `jobs`."""

    tolerations: list[Toleration] = pydantic.Field(default_factory=list)
    """Besides those of the chart's values."""
    node_selector: dict[str, str] = pydantic.Field(default_factory=dict)
    """Besides that of the chart's values."""
    # A ResourceQuota refuses pods without requests and limits. The CPU's limit leaves room for the
    # measurement of latency, which throttling would falsify.
    resources: Resources = Resources(
        requests={"cpu": "100m", "memory": "64Mi"}, limits={"cpu": "1", "memory": "256Mi"}
    )
    image_pull_secrets: list[str] = pydantic.Field(default_factory=list)
    """Names of Secrets, in both Namespaces."""
    labels: dict[str, str] = pydantic.Field(default_factory=dict)
    annotations: dict[str, str] = pydantic.Field(default_factory=dict)
    service_account: str = ""
    """Its name in both Namespaces; empty for `default`."""

    def problems(self) -> Iterator[str]:
        """One line for each thing that the API server would refuse."""
        for index, toleration in enumerate(self.tolerations):
            yield from toleration.problems(f"jobs.tolerations[{index}]")
        yield from self.resources.problems("jobs.resources")
        yield from label_problems("jobs.nodeSelector", self.node_selector)
        yield from label_problems("jobs.labels", self.labels)
        yield from key_problems("jobs.annotations", self.annotations)
        for kind, given, own in (
            ("labels", self.labels, (*PART_OF, COMPONENT)),
            ("annotations", self.annotations, (TRIGGER, REPLACE_UNREADY)),
        ):
            for key in given.keys() & {*own}:
                yield f'jobs.{kind}["{key}"]: only the program sets it; remove it'
        for index, name in enumerate(self.image_pull_secrets):
            yield from _name_problems(f"jobs.imagePullSecrets[{index}]", name)
        if self.service_account:
            yield from _name_problems("jobs.serviceAccount", self.service_account)


class ClusterRules(SettingModel):
    """The settings that adapt a stack to the rules of its cluster, by their keys."""

    jobs: JobSettings = JobSettings()
    namespace_labels: dict[str, str] = pydantic.Field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobPods:
    """What the pods of all Jobs of a stack have in common."""

    image: str
    """Has psql and pgbench."""
    settings: JobSettings = dataclasses.field(default_factory=JobSettings)
    scheduling: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The fields of Coder's own pods that decide on which nodes they run."""
    user: int | None = 70
    """The UID and GID, postgres in the image; None where the Namespace has a range of UIDs."""


def _name_problems(at: str, name: str) -> Iterator[str]:
    if not SUBDOMAIN.fullmatch(name):
        yield f'{at}: is "{name}", must be the name of an object: a-z, 0-9, - and .'
