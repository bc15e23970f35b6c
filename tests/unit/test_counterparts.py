"""The sandbox's counterparts of what a stack names in an account of its own."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.engine import cluster_objects, counterparts
from sandbox.engine.overrides import Overrides
from sandbox.providers.azure_native.account import SUBSCRIPTION
from sandbox.providers.gcp.account import PROJECT, REGION

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = SimpleNamespace(certificate_file="/ca.crt")
    monkeypatch.setattr(counterparts.tls, "authority", lambda: authority)
    monkeypatch.setenv("SANDBOX_CLOUDS", str(tmp_path))


def used(cloud: str, **settings: Any) -> Overrides:
    """The overrides of a cloud's stack; `__` in a name stands for the provider's colon."""
    config = {
        key.replace("__", ":") if "__" in key else f"coder:{key}": value
        for key, value in settings.items()
    }
    overrides = Overrides(config)
    counterparts.OF_CLOUD[cloud](overrides, "prod")
    return overrides


def common(stack: str = "prod", **settings: Any) -> Overrides:
    overrides = Overrides({f"coder:{key}": value for key, value in settings.items()})
    counterparts.common(overrides, stack, HERE)
    return overrides


def test_settings_of_the_stack_are_not_overridden() -> None:
    given = {"coder:chartRepository": "mine", "coder:existing": {"adminPassword": "plain"}}
    overrides = Overrides(dict(given))
    overrides.put("chartRepository", "theirs")
    overrides.put_password("existing", "adminPassword", "generated")
    assert overrides.config == given
    assert not overrides.lines
    assert not overrides.passwords


def test_settings_of_a_wrong_type_are_left_to_the_program() -> None:
    given = {"coder:existing": "host", "coder:cluster": 3, "coder:network": ["x"]}
    overrides = Overrides(dict(given))
    overrides.put("cluster", "x", "endpoint")
    overrides.put("existing", "x", "host")
    overrides.replace("network", "x", "vpcId")
    overrides.remove("network", "vpcId", reason="x")
    assert overrides.config == given


@pytest.mark.parametrize(
    ("version", "flavour"), [("1.44.3", "classic"), ("2.0.0", "v2"), (None, "classic")]
)
def test_chart_repository_matches_the_flavour(version: str | None, flavour: str) -> None:
    for given in ({}, {"chartRepository": "oci://registry.example.com/charts"}):
        overrides = common(chartVersion=version, **given)
        assert str(overrides.get("chartRepository")).endswith(f"/{flavour}")


def test_repository_on_this_machine_is_kept_with_its_login() -> None:
    given = {"chartRepository": "http://127.0.0.1:8080", "chartRepositoryUsername": "robot"}
    assert common("dev", **given).lines == []


def test_namespace_of_the_first_stack_is_left_to_it() -> None:
    assert common("dev", namespace="coder").get("namespace") == "coder"
    assert common("prod", namespace="coder").get("namespace") == "coder-prod"
    assert common("prod").get("namespace") == "coder-prod"
    assert common("prod", namespace="tools").get("namespace") == "tools"


def test_a_missing_ca_is_left_out_and_one_that_is_there_is_kept() -> None:
    assert common(caCertificate="nowhere.pem").get("caCertificate") is None
    assert common(caCertificate=Path(__file__).name).get("caCertificate")


def test_azure_uses_the_sandboxs_subscription_location_cluster_and_ca() -> None:
    dev, managed = ({"name": name, "resourceGroup": "coder"} for name in ("dev", "managed"))
    given = {"azure-native__location": "North Europe", "azure-native__subscriptionId": "mine"}
    overrides = used("azure", cluster={"name": "mine", "resourceGroup": "mine"}, **given)
    assert overrides.config == {
        "coder:caCertificate": "/ca.crt",
        "coder:cluster": dev,
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": SUBSCRIPTION,
    }
    assert overrides.lines == [
        "caCertificate = /ca.crt",
        f"azure-native:subscriptionId = {SUBSCRIPTION}",
        "azure-native:location = westeurope",
        "cluster = dev, coder",
    ]
    kept = {"azure-native__location": "westeurope", "cluster": managed}
    assert used("azure", **kept).lines == ["caCertificate = /ca.crt"]


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
@pytest.mark.parametrize("wrong", [None, "mine", {"nam": "mine"}, {"name": 3, "location": "x"}])
def test_a_cluster_that_is_not_named_is_left_to_the_program(cloud: str, wrong: Any) -> None:
    assert used(cloud, cluster=wrong).get("cluster") == wrong


def test_azure_keeps_the_ids_of_the_sandboxs_own_network() -> None:
    endpoint = {"subnetId": f"{counterparts.AZURE_NETWORK}/subnets/nodes".upper()}
    for network in ({"privateEndpoint": endpoint}, {"privateEndpoint": {}}):
        assert used("azure", network=network).get("network") == network
    subnet = {"delegatedSubnetId": f"{counterparts.AZURE_NETWORK}/subnets/postgres"}
    assert used("azure", network=dict(subnet)).get("network") == subnet


@pytest.mark.parametrize(
    ("given", "here"),
    [
        ("10.60.20.0/26", "10.60.20.0/26"),
        ("172.16.0.0/27", "10.60.16.0/27"),
        ("10.0.0.0/9", "10.60.16.0/20"),
        ("nonsense", "nonsense"),
    ],
)
def test_azure_range_of_another_network_is_put_into_the_sandboxs(given: str, here: str) -> None:
    assert used("azure", network={"subnetRange": given}).get("network", "subnetRange") == here


def test_gcp_uses_the_sandboxs_project_region_and_cluster_and_no_other_ca() -> None:
    overrides = used("gcp", gcp__project="mine", cluster={"name": "mine", "location": "x"})
    assert overrides.config == {
        "gcp:project": PROJECT,
        "gcp:region": REGION,
        "coder:cluster": {"name": "dev", "location": REGION},
    }
    assert overrides.lines == [
        f"gcp:project = {PROJECT}",
        f"gcp:region = {REGION}",
        f"cluster = dev, {REGION}",
    ]


def test_cluster_of_the_sandboxs_own_project_is_kept() -> None:
    zonal = {"name": "dev-zonal", "location": f"{REGION}-b"}
    assert used("gcp", cluster=zonal).get("cluster") == zonal


def test_two_zones_of_another_region_stay_two() -> None:
    overrides = used("gcp", zone="europe-west3-a", server={"secondaryZone": "europe-west3-b"})
    assert overrides.get("zone") == "us-east1-b"
    assert overrides.get("server", "secondaryZone") == "us-east1-c"
    assert used("gcp", zone="us-east1-d").get("zone") == "us-east1-d"


def test_aws_uses_the_sandboxs_region_zone_and_cluster() -> None:
    overrides = used("aws", cluster={"name": "mine"}, zone="us-west-2d")
    assert overrides.config["aws:region"] == "us-east-1"
    assert overrides.get("cluster") == {"name": "dev"}
    assert overrides.get("zone") == "us-east-1a"
    assert used("aws", zone="us-east-1c").get("zone") == "us-east-1c"


def test_aws_standby_is_left_out_until_the_instance_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    assert used("aws", highAvailability="true").get("highAvailability") is None
    assert used("aws", highAvailability="false").get("highAvailability") == "false"
    instance = {"tagsAll": {"coder:stack": "coder/prod"}}
    data = counterparts.Region("us-east-1").seed() | {"instances": {"x": instance}}
    monkeypatch.setattr(counterparts.Region, "read", lambda region: data)
    assert used("aws", highAvailability="true").get("highAvailability") == "true"


def test_source_of_a_restore_is_kept_where_the_account_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sources = {"snapshot": "arn:aws:rds:us-east-1:1:snapshot:mine"}, {"instance": "mine"}
    for source in sources:
        assert used("aws", restoreFrom=source).get("restoreFrom") is None
    data = counterparts.Region("us-east-1").seed() | {"snapshots": {"mine": {}}}
    monkeypatch.setattr(counterparts.Region, "read", lambda region: data)
    for source in sources:
        assert used("aws", restoreFrom=source).get("restoreFrom") == source


def test_existing_server_at_an_address_gets_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.crt").write_text("CA")
    monkeypatch.setattr(counterparts.paths, "PKI", tmp_path)
    cluster = {"endpoint": "https://mine.example.com", "certificateAuthority": "mine"}
    given = {"cluster": cluster, "existing": {"host": "10.20.30.40", "port": 6432}}
    overrides = used("existing", **given)
    assert overrides.get("existing") == {"host": "prod.coder.internal"}
    assert overrides.get("cluster", "endpoint") == counterparts.network.API_URL
    assert overrides.get("cluster", "certificateAuthority") == "Q0E="
    kept = used("existing", existing={"host": "postgres.example.com"}, cluster={})
    assert kept.get("existing") == {"host": "postgres.example.com"}


def test_encrypted_values_are_found_at_any_depth() -> None:
    env = [{"name": "A", "value": {"secure": "v1:a"}}, {"secure": "v1:b"}]
    values = {"coder": {"env": env, "example.com/token": {"secure": "v1:c"}}}
    found = Overrides({"coder:chartValues": values, "coder:plain": {"secure": "v1:d"}}).encrypted()
    assert [path for _, _, path in found] == [
        "coder:chartValues.coder.env[0].value",
        "coder:chartValues.coder.env[1]",
        'coder:chartValues.coder["example.com/token"]',
        "coder:plain",
    ]


def test_objects_of_the_cluster_are_made_or_their_names_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs = {"imagePullSecrets": ["registry"], "serviceAccount": "jobs", "labels": {"a": "b"}}
    ran: list[tuple[str, ...]] = []

    def kubectl(*words: str) -> bool:
        ran.append(words)
        return words[0] == "create"

    monkeypatch.setattr(cluster_objects, "_kubectl", kubectl)
    given = {"coder:namespace": "tools", "coder:jobs": dict(jobs)}
    overrides = Overrides(dict(given))
    cluster_objects.prepare(overrides)
    assert overrides.get("jobs") == {"labels": {"a": "b"}}
    assert ran == [("get", "namespace", "tools")]
    overrides = Overrides({**given, "coder:jobs": jobs, "coder:createNamespace": "false"})
    cluster_objects.prepare(overrides)
    assert overrides.get("jobs") == jobs
    made = "Namespace tools{0}", "Secret tools{0}/registry", "ServiceAccount tools{0}/jobs"
    assert overrides.lines == [
        f"{each.format(suffix)} is created in the cluster: the stack expects it there"
        for suffix in ("", "-database")
        for each in made
    ]
