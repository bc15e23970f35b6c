"""The pods of the Jobs are admitted, scheduled and left alone in a governed cluster."""

from typing import Any

import pulumi
import pytest

from components.clouds import CLOUDS
from components.kubernetes.client import Cluster
from components.kubernetes.job import Job, JobArgs
from components.kubernetes.job_settings import JobPods
from sandbox.cluster import images
from tests.unit.fakes import FAKES
from tests.unit.pretend import JOB, Engine, Resource, deploy, deployed, refused
from tests.unit.stacks import given, made

COMPONENTS = {
    "postgres-database-roles": "roles",
    "coder-preflight": "preflight",
    "coder-aftercheck": "aftercheck",
}
TAINT = {"key": "dedicated", "operator": "Equal", "value": "coder", "effect": "NoSchedule"}


def pod(job: Resource) -> dict[str, Any]:
    return job.plain["spec"]["template"]["spec"]


def jobs(**settings: Any) -> list[Resource]:
    """The three Jobs of a stack with this setting `jobs`."""
    found = deployed(made(jobs=settings)).all(JOB)
    assert {job.name for job in found} == set(COMPONENTS)
    return found


def test_a_resource_quota_admits_the_pods() -> None:
    for job in jobs():
        [container] = pod(job)["containers"]
        assert container["resources"] == {
            "requests": {"cpu": "100m", "memory": "64Mi"},
            "limits": {"cpu": "1", "memory": "256Mi"},
        }


def test_given_resources_replace_the_default() -> None:
    for job in jobs(resources={"requests": {"cpu": 0.5, "memory": "1Gi"}}):
        [container] = pod(job)["containers"]
        assert container["resources"] == {"requests": {"cpu": "0.5", "memory": "1Gi"}}


def test_the_labels_are_stable_and_tell_the_jobs_apart() -> None:
    engines: list[Engine] = [deployed(made()), deployed(made(chartVersion="2.38.8"))]
    for engine in engines:
        for job in engine.all(JOB):
            labels = {
                "app.kubernetes.io/managed-by": "pulumi",
                "app.kubernetes.io/part-of": "coder",
                "app.kubernetes.io/component": COMPONENTS[job.name],
            }
            assert job.plain["metadata"]["labels"] == labels
            template = job.plain["spec"]["template"]["metadata"]["labels"]
            assert template == labels | {"sidecar.istio.io/inject": "false"}


def test_no_sidecar_is_injected_and_the_node_is_not_consolidated() -> None:
    for job in jobs():
        template = job.plain["spec"]["template"]["metadata"]
        assert template["labels"]["sidecar.istio.io/inject"] == "false"
        annotations = template["annotations"]
        assert annotations.pop("coder/trigger")
        assert annotations == {
            "sidecar.istio.io/inject": "false",
            "linkerd.io/inject": "disabled",
            "karpenter.sh/do-not-disrupt": "true",
        }


def test_labels_and_annotations_are_on_the_jobs_and_their_pods() -> None:
    labels = {"team": "platform", "sidecar.istio.io/inject": "true"}
    annotations = {
        "policies.example.com/owner": "the platform team",
        "linkerd.io/inject": "enabled",
    }
    for job in jobs(labels=labels, annotations=annotations):
        for metadata in (job.plain["metadata"], job.plain["spec"]["template"]["metadata"]):
            assert labels.items() <= metadata["labels"].items()
            assert annotations.items() <= metadata["annotations"].items()
            assert metadata["labels"]["app.kubernetes.io/part-of"] == "coder"


def test_tolerations_and_selectors_come_after_those_of_the_chart() -> None:
    spot = {"key": "spot", "operator": "Exists"}
    stack = made(
        chartVersion="2.38.8",
        chartValues={"coder": {"tolerations": [TAINT], "nodeSelector": {"pool": "a", "x": "y"}}},
        jobs={"tolerations": [spot], "nodeSelector": {"pool": "b"}},
    )
    for job in deployed(stack).all(JOB):
        assert pod(job)["tolerations"] == [TAINT, spot]
        assert pod(job)["nodeSelector"] == {"kubernetes.io/os": "linux", "pool": "b", "x": "y"}


def test_a_private_registry_and_a_service_account() -> None:
    for job in jobs(imagePullSecrets=["a", "b"], serviceAccount="checks"):
        assert pod(job)["imagePullSecrets"] == [{"name": "a"}, {"name": "b"}]
        assert pod(job)["serviceAccountName"] == "checks"
        assert pod(job)["automountServiceAccountToken"] is False
    for job in jobs():
        assert not {"imagePullSecrets", "serviceAccountName", "tolerations"} & set(pod(job))


@pytest.mark.parametrize("name", FAKES)
def test_the_image_comes_from_the_clouds_registry(name: str) -> None:
    cloud = FAKES[name]()
    cloud.run()
    wanted = {"aws": "public.ecr.aws/docker/library/postgres:17.6-alpine"}
    image = wanted.get(name, "docker.io/library/postgres:17.6-alpine")
    assert {pod(job)["containers"][0]["image"] for job in cloud.all(JOB)} == {image}


def test_the_images_of_all_clouds_are_in_the_sandbox() -> None:
    assert {cloud.TOOLS_IMAGE for cloud in CLOUDS.values()} == {*images.POSTGRES}


def test_a_given_login_has_the_setting_too() -> None:
    for job in deployed(given(jobs={"labels": {"team": "x"}})).all(JOB):
        assert job.plain["metadata"]["labels"]["team"] == "x"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"toleration": []}, "jobs.toleration: no such key; jobs takes: annotations, imagePullSecrets, "
     "labels, nodeSelector, resources, serviceAccount, tolerations"),
    ({"tolerations": [{"keys": "a", "operator": "Exists"}]},
     "jobs.tolerations[0].keys: no such key; jobs.tolerations[0] takes: effect, key, operator, "
     "tolerationSeconds, value"),
    ({"tolerations": [TAINT, {"operator": "Is", "key": "a"}]},
     'jobs.tolerations[1].operator: is "Is", must be one of: Equal, Exists, Gt, Lt'),
    ({"tolerations": [{"key": "a", "effect": "noSchedule"}]},
     'jobs.tolerations[0].effect: is "noSchedule", must be one of: NoExecute, NoSchedule, '
     "PreferNoSchedule"),
    ({"tolerations": [{"value": "a"}]},
     "jobs.tolerations[0].key: missing; only with the operator Exists it may be left out"),
    ({"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]},
     "jobs.tolerations[0].value: must not be set with the operator Exists; remove it"),
    ({"tolerations": [{"key": "a", "tolerationSeconds": 5}]},
     "jobs.tolerations[0].tolerationSeconds: needs the effect NoExecute; set it, or remove this"),
    ({"tolerations": "all"}, "jobs.tolerations: is 'all', must be a list"),
    ({"nodeSelector": {"example.com/spot": True}},
     "jobs.nodeSelector[\"example.com/spot\"]: is True, must be a string; type `pulumi config set "
     "--path 'jobs.nodeSelector[\"example.com/spot\"]' --type string true`"),
    ({"nodeSelector": {"pool": "a b"}},
     'jobs.nodeSelector["pool"]: is "a b", must be at most 63 of A-Z, a-z, 0-9, -, _ and ., and '
     "begin and end with a letter or digit"),
    ({"resources": {"limits": {"memory": "1GB"}}},
     'jobs.resources.limits.memory: is "1GB", must be a quantity such as 100m or 64Mi'),
    ({"resources": {"requests": {"cpu": "1500m"}, "limits": {"cpu": 1}}},
     "jobs.resources.requests.cpu: is 1500m, must be at most the limit (1)"),
    ({"labels": {"app.kubernetes.io/component": "x"}},
     'jobs.labels["app.kubernetes.io/component"]: only the program sets it; remove it'),
    ({"labels": {"-team": "x"}},
     'jobs.labels["-team"]: is not a key that Kubernetes takes; it must be a name of at most 63 of '
     "A-Z, a-z, 0-9, -, _ and ., with or without a DNS name and / before it"),
    ({"annotations": {"pulumi.com/replaceUnready": "false"}},
     'jobs.annotations["pulumi.com/replaceUnready"]: only the program sets it; remove it'),
    ({"annotations": {"Example.com/x": "y"}},
     'jobs.annotations["Example.com/x"]: is not a key that Kubernetes takes; it must be a name of '
     "at most 63 of A-Z, a-z, 0-9, -, _ and ., with or without a DNS name and / before it"),
    ({"imagePullSecrets": [{"name": "a"}]},
     "jobs.imagePullSecrets[0]: is {'name': 'a'}, must be a string"),
    ({"imagePullSecrets": ["A"]},
     'jobs.imagePullSecrets[0]: is "A", must be the name of an object: a-z, 0-9, - and .'),
    ({"serviceAccount": "my_account"},
     'jobs.serviceAccount: is "my_account", must be the name of an object: a-z, 0-9, - and .'),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "line"), REFUSED, ids=[line for _, line in REFUSED])
def test_what_the_api_server_would_refuse_is_one_line(setting: dict[str, Any], line: str) -> None:
    assert refused(made(jobs=setting)) == [line]


@pytest.mark.parametrize("setting", [5, ["x"]])
def test_the_setting_is_an_object(setting: Any) -> None:
    assert refused(made(jobs=setting)) == [f"jobs: is {setting!r}, must be an object"]


def test_hooks_of_the_caller_stay() -> None:
    async def hook(_: pulumi.ResourceHookArgs) -> None: ...

    def program() -> None:
        binding = pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook("own", hook)])
        args = JobArgs(
            component="roles",
            cluster=Cluster(""),
            namespace="coder",
            pods=JobPods(image="postgres:17"),
            scripts=(),
            env={},
            secret_name="login",
            trigger={},
            zone=None,
        )
        Job("check", args, pulumi.ResourceOptions(hooks=binding))

    made_job = deploy(made(), program=program).named("check")
    assert set(made_job.hooks["before_create"]) == {"own", "check: watch"}
