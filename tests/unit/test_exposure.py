"""Who can reach Coder: the values of its Service, and what contradicts the setting."""

from typing import Any

import pytest

from components.coder.exposure import ANNOTATIONS, INTERNAL, INTERNET
from tests.unit.charts import render
from tests.unit.pretend import RELEASE, deployed, refused
from tests.unit.stacks import Stack, made
from tests.unit.test_charts_render import Chart, chart

__all__ = ["chart"]

CLASSIC, V2 = "1.44.3", "2.38.8"
URL = "https://coder.example.com"
AWS = "service.beta.kubernetes.io/aws-load-balancer"
AZURE = "service.beta.kubernetes.io/azure-load-balancer-internal"
GKE = "networking.gke.io/load-balancer-type"
CERTIFICATE = {f"{AWS}-ssl-cert": "arn:aws:acm:eu-central-1:123456789012:certificate/1"}
CLASSIC_TLS = {"coderd": {"tls": {"hostSecretName": "coder-tls"}}}
V2_TLS = {"coder": {"tls": {"secretNames": ["coder-tls"]}}}
CLASSIC_INGRESS = {"ingress": {"enable": True, "host": "coder.example.com"}}
V2_INGRESS = {"coder": {"ingress": {"enable": True, "host": "coder.example.com"}}}
V2_ROUTE = {"coder": {"httproute": {"enable": True, "host": "coder.example.com"}}}
TLS = {CLASSIC: CLASSIC_TLS, V2: V2_TLS}
INGRESS = {CLASSIC: CLASSIC_INGRESS, V2: V2_INGRESS}
both = pytest.mark.parametrize("version", [CLASSIC, V2])


def stack(version: str, exposure: str, chart_values: Any = None, url: str = "") -> Stack:
    return made(
        chartVersion=version, exposure=exposure, chartValues=chart_values or {}, accessUrl=url
    )


def service(chart: Chart, settings: Stack) -> dict[str, Any]:
    """Coder's Service, as Helm renders the values of the release."""
    [release] = deployed(settings).all(RELEASE)
    version = settings["chartVersion"]
    flavour, name = ("classic", "coderd") if version == CLASSIC else ("v2", "coder")
    return render(chart(flavour, version), release.plain["values"]).get("Service", name)


@both
def test_the_default_is_a_load_balancer_that_is_internal_on_each_cloud(
    chart: Chart, version: str
) -> None:
    found = service(chart, made(chartVersion=version))
    assert found["spec"]["type"] == "LoadBalancer"
    assert found["metadata"]["annotations"] == {
        f"{AWS}-internal": "true",
        f"{AWS}-scheme": "internal",
        AZURE: "true",
        GKE: "Internal",
    }


@both
def test_internet_is_a_public_load_balancer_on_each_cloud(chart: Chart, version: str) -> None:
    found = service(chart, stack(version, "internet", TLS[version], URL))
    assert found["spec"]["type"] == "LoadBalancer"
    assert found["metadata"]["annotations"] == {
        f"{AWS}-internal": "false",
        f"{AWS}-scheme": "internet-facing",
        AZURE: "false",
    }


@both
def test_none_is_a_service_that_kubernetes_accepts_inside_the_cluster(
    chart: Chart, version: str
) -> None:
    found = service(chart, stack(version, "none"))
    assert found["spec"]["type"] == "ClusterIP"
    # Kubernetes refuses any other policy for a Service without a node port.
    assert not found["spec"].get("externalTrafficPolicy")
    assert not found["metadata"]["annotations"]


@both
@pytest.mark.parametrize("mode", ["internal", "internet"])
def test_with_an_ingress_the_service_is_no_load_balancer(
    chart: Chart, version: str, mode: str
) -> None:
    found = service(chart, stack(version, mode, INGRESS[version], URL))
    assert found["spec"]["type"] == "ClusterIP"
    assert not found["metadata"]["annotations"]


def test_with_a_route_of_the_gateway_the_service_is_no_load_balancer(chart: Chart) -> None:
    assert service(chart, stack(V2, "internet", V2_ROUTE, URL))["spec"]["type"] == "ClusterIP"


@both
def test_the_users_annotations_stay_beside_the_programs(chart: Chart, version: str) -> None:
    other = {f"{AWS}-type": "nlb"}
    values = {
        CLASSIC: {"coderd": {"serviceAnnotations": other}},
        V2: {"coder": {"service": {"annotations": other}}},
    }
    found = service(chart, stack(version, "internal", values[version]))
    assert found["metadata"]["annotations"] == ANNOTATIONS[INTERNAL] | other


def test_a_node_port_needs_no_load_balancer(chart: Chart) -> None:
    for version, values in (
        (CLASSIC, {"coderd": {"serviceSpec": {"type": "NodePort"}}}),
        (V2, {"coder": {"service": {"type": "NodePort"}}}),
    ):
        assert service(chart, stack(version, "none", values))["spec"]["type"] == "NodePort"


def test_no_annotation_has_a_value_that_means_both() -> None:
    assert not ANNOTATIONS[INTERNAL].items() & ANNOTATIONS[INTERNET].items()


GIVEN_TLS = [
    (CLASSIC, CLASSIC_TLS, URL),
    (V2, V2_TLS, URL),
    (CLASSIC, {"coderd": {"serviceAnnotations": CERTIFICATE}}, URL),
    (V2, {"coder": {"service": {"annotations": CERTIFICATE}}}, f"{URL}:80"),
    (V2, {"coder": {"service": {"annotations": CERTIFICATE}, **V2_TLS["coder"]}}, URL),
    (CLASSIC, CLASSIC_INGRESS, URL),
    (V2, V2_INGRESS, URL),
    (V2, {"coder": {"service": {"enable": False}}}, URL),
]


@pytest.mark.parametrize(("version", "values", "url"), GIVEN_TLS)
def test_internet_takes_each_kind_of_certificate(version: str, values: Any, url: str) -> None:
    assert deployed(stack(version, "internet", values, url)).exports["accessUrl"] == url


def test_internet_takes_the_url_of_an_environment_variable() -> None:
    env = {"env": [{"name": "CODER_ACCESS_URL", "value": URL}]}
    settings = stack(V2, "internet", {"coder": V2_TLS["coder"] | env})
    assert deployed(settings).exports["accessUrl"] == URL


NEEDS_URL = (
    "but exposure is internet, which needs the https:// URL of Coder; type `pulumi config set "
    "accessUrl https://…`"
)
REFUSED = [
    (stack(V2, "open"), 'exposure: is "open", must be one of: internal, internet, none'),
    (stack(V2, "internet", V2_TLS), f"accessUrl: missing, {NEEDS_URL}"),
    (stack(CLASSIC, "internet", CLASSIC_TLS, "http://c.example.com"),
     f'accessUrl: is "http://c.example.com", {NEEDS_URL}'),
    (stack(V2, "internet", V2_INGRESS), f"accessUrl: missing, {NEEDS_URL}"),
    (stack(V2, "internet", url=URL),
     "exposure: is internet, but Coder would be on plain HTTP there; set "
     "chartValues.coder.tls.secretNames, chartValues.coder.service.annotations with "
     f"{AWS}-ssl-cert, or chartValues.coder.ingress"),
    (stack(CLASSIC, "internet", url=URL),
     "exposure: is internet, but Coder would be on plain HTTP there; set "
     "chartValues.coderd.tls.hostSecretName, chartValues.coderd.serviceAnnotations with "
     f"{AWS}-ssl-cert, or chartValues.ingress"),
    (stack(V2, "internet", {"coder": {"service": {"annotations": CERTIFICATE}}}, URL),
     f'accessUrl: is "{URL}", but where only the load balancer has a certificate, the chart\'s '
     "Service has port 80 alone; set chartValues.coder.tls.secretNames, too, or use "
     "chartValues.coder.ingress, or end accessUrl with :80"),
    (stack(V2, "internal", {"coder": {"service": {"type": "ClusterIP"}}}),
     'chartValues.coder.service.type: is "ClusterIP", but exposure is internal, which is a load '
     "balancer; set exposure to none"),
    (stack(V2, "none", {"coder": {"service": {"type": "LoadBalancer"}}}),
     'chartValues.coder.service.type: is "LoadBalancer", but exposure is none; remove it, or set '
     "exposure to internal"),
    (stack(CLASSIC, "internal", CLASSIC_INGRESS | {"coderd": {"serviceSpec": {
        "type": "LoadBalancer"}}}),
     'chartValues.coderd.serviceSpec.type: is "LoadBalancer", but chartValues.ingress is enabled; '
     "remove it, or chartValues.ingress"),
    (stack(V2, "none", {"coder": {"service": {"annotations": {AZURE: "false"}}}}),
     f"chartValues.coder.service.annotations.{AZURE}: the program sets this key; set exposure "
     "instead"),
    (stack(V2, "internet", {"coder": V2_TLS["coder"] | {"service": {"annotations": {
        GKE: "Internal"}}}}, URL),
     f"chartValues.coder.service.annotations.{GKE}: the program sets this key; set exposure "
     "instead"),
    (stack(CLASSIC, "internal", {"coderd": {"serviceSpec": {
        "loadBalancerClass": "networking.gke.io/l4-regional-external"}}}),
     "chartValues.coderd.serviceSpec.loadBalancerClass: is "
     '"networking.gke.io/l4-regional-external", but exposure is internal; remove it, or set '
     "exposure to internet"),
    (stack(V2, "internal", {"coder": {"envUseClusterAccessURL": False}}),
     "accessUrl: missing, but chartValues.coder.envUseClusterAccessURL is false, so that Coder "
     "would open a tunnel to the internet; type `pulumi config set accessUrl …`"),
    (made(chartVersion="1.21.0", existing={"host": "db", "username": "bob", "password": "x",
                                           "sslMode": "require"}),
     "exposure: chart 1.21.0 has no value for the Service's annotations, which keep its load "
     "balancer internal; set chartVersion to 1.21.1 or later, or exposure to none"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "line"), REFUSED, ids=[line[:60] for _, line in REFUSED])
def test_what_contradicts_the_exposure_is_one_line(settings: Stack, line: str) -> None:
    assert refused(settings) == [line]


@both
def test_an_annotation_of_the_exposure_is_refused_once(version: str) -> None:
    own = {f"{AWS}-scheme": "internal"}
    section, key, values = {
        CLASSIC: ("coderd", "serviceAnnotations", own),
        V2: ("coder", "service", {"annotations": own}),
    }[version]
    [line] = refused(stack(version, "internal", {section: {key: values}}))
    assert line.endswith(f".{AWS}-scheme: the program sets this key; set exposure instead")


def test_the_access_url_of_classic_is_an_output_and_restarts_no_pod() -> None:
    settings = stack(CLASSIC, "internal", url=URL)
    engine = deployed(settings)
    assert engine.exports["accessUrl"] == URL
    without = deployed(stack(CLASSIC, "internal"))
    for name in ("coder-release", "coder-record", "coder-preflight"):
        assert engine.named(name).plain == without.named(name).plain
