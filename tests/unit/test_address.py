"""The outputs `address` and `accessUrl` in each set-up, and the changes that may end them."""

import socket
from typing import Any

import pulumi
import pytest

from components.coder.exposure import ANNOTATIONS, INTERNAL, INTERNET
from components.kubernetes import evidence
from components.kubernetes.client import Cluster, ClusterError, Forbidden
from tests.unit.pretend import CREATED, Engine, deploy
from tests.unit.stacks import Stack, made
from tests.unit.test_exposure import (
    CERTIFICATE,
    CLASSIC,
    CLASSIC_INGRESS,
    CLASSIC_TLS,
    URL,
    V2,
    V2_INGRESS,
    V2_ROUTE,
    V2_TLS,
    stack,
)

PUBLIC, PRIVATE = "8.8.8.8", "10.0.0.7"
NAMES = {
    "lb.example.com": PUBLIC,
    "internal-lb.example.com": PRIVATE,
}
"""What the pretended resolver knows."""


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *args: Any, **options: Any) -> Any:
        if host.endswith(".example.com") and host not in NAMES:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return real(NAMES.get(host, host), *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(evidence, "service_reasons", lambda *_: [])


class Live(Engine):
    """A cluster with these objects."""

    def __init__(self, *, kind: str = "LoadBalancer", **objects: Any) -> None:
        super().__init__()
        self.kind, self.objects = kind, objects

    def service(self, namespace: str, name: str) -> dict[str, Any] | None:
        assert (namespace, name) in {("coder", "coder"), ("coder", "coderd")}
        if "service" not in self.objects:
            return None
        annotations = self.objects.get("annotations", {})
        status = balancer(self.objects["service"])
        return {
            "metadata": {"annotations": annotations, "creationTimestamp": CREATED},
            "spec": {"type": self.kind},
            "status": status,
        }

    def ingress(self, namespace: str, name: str) -> dict[str, Any] | None:
        assert (namespace, name) in {("coder", "coder"), ("coder", "coderd")}
        return {"status": balancer(self.objects["ingress"])} if "ingress" in self.objects else None

    def config_map(self, namespace: str, name: str) -> dict[str, Any] | None:
        return self.objects.get("config_maps", {}).get(name)


def balancer(address: str) -> dict[str, Any]:
    """The status of a Service or an Ingress with that address."""
    key = "ip" if address and address[0].isdigit() else "hostname"
    return {"loadBalancer": {"ingress": [{key: address}]} if address else {}}


def v2_service(**fields: Any) -> dict[str, Any]:
    return {"coder": {"service": fields}}


def env(**entry: Any) -> dict[str, Any]:
    return {"coder": {"env": [{"name": "CODER_ACCESS_URL", **entry}]}}


def env_from(*entries: Any) -> dict[str, Any]:
    return {"coder": {"envFrom": [*entries], "envUseClusterAccessURL": False}}


MAPS: dict[str, Any] = {
    "config_maps": {"settings": {"data": {"CODER_ACCESS_URL": URL, "ACCESS_URL": f"{URL}/b"}}}
}
FROM_MAP = {"valueFrom": {"configMapKeyRef": {"name": "settings", "key": "CODER_ACCESS_URL"}}}
INTERNAL_INGRESS = {"coder": {"ingress": {"enable": True, "tls": {"enable": True}}}}
ALB = {"alb.ingress.kubernetes.io/certificate-arn": "arn:aws:acm:…"}
LISTEN_PORTS = "alb.ingress.kubernetes.io/listen-ports"
ALB_HTTPS = {LISTEN_PORTS: '[{"HTTP": 80}, {"HTTPS": 443}]'}
ALB_HTTP = {LISTEN_PORTS: '[{"HTTP": 80}]'}

FOUND: list[tuple[str, Stack, Live, str, str]] = [
    ("host name", made(), Live(service="internal-lb.example.com"), "internal-lb.example.com",
     "http://internal-lb.example.com"),
    ("IP address", made(), Live(service=PRIVATE), PRIVATE, f"http://{PRIVATE}"),
    ("pending", made(), Live(service=""), "coderd.coder.svc", "http://coderd.coder.svc"),
    ("none", stack(V2, "none"), Live(service="", kind="ClusterIP"), "coder.coder.svc",
     "http://coder.coder.svc"),
    ("TLS of classic", stack(CLASSIC, "internal", CLASSIC_TLS), Live(service=PRIVATE), PRIVATE,
     f"https://{PRIVATE}"),
    ("TLS of v2", stack(V2, "internal", V2_TLS), Live(service=PRIVATE), PRIVATE,
     f"https://{PRIVATE}"),
    ("certificate of the load balancer", stack(CLASSIC, "internal", {"coderd": {
        "serviceAnnotations": CERTIFICATE}}), Live(service="internal-lb.example.com"),
     "internal-lb.example.com", "https://internal-lb.example.com"),
    ("the same, on the only port of v2", stack(V2, "internal", v2_service(
        annotations=CERTIFICATE)), Live(service="internal-lb.example.com"),
     "internal-lb.example.com", "https://internal-lb.example.com:80"),
    ("TLS in the cluster", stack(V2, "none", V2_TLS), Live(service="", kind="ClusterIP"),
     "coder.coder.svc", "https://coder.coder.svc"),
    ("ingress of classic", stack(CLASSIC, "internal", CLASSIC_INGRESS), Live(
        ingress="203.0.113.9", service="", kind="ClusterIP"), "203.0.113.9",
     "http://coder.example.com"),
    ("ingress of v2", stack(V2, "none", V2_INGRESS), Live(ingress="203.0.113.9"), "203.0.113.9",
     "http://coder.example.com"),
    ("ingress with TLS and no host", stack(V2, "internal", INTERNAL_INGRESS), Live(
        ingress="internal-lb.example.com"), "internal-lb.example.com",
     "https://internal-lb.example.com"),
    ("ingress with a certificate of the cloud", stack(CLASSIC, "internal", {"ingress": {
        "enable": True, "host": "coder.example.com", "annotations": ALB}}), Live(
            ingress="lb.example.com"), "lb.example.com", "https://coder.example.com"),
    ("ingress with a certificate that the ALB finds by the host", stack(V2, "internal", {"coder": {
        "ingress": {**V2_INGRESS["coder"]["ingress"], "annotations": ALB_HTTPS}}}), Live(
            ingress="lb.example.com"), "lb.example.com", "https://coder.example.com"),
    ("ALB with a port of HTTP alone", stack(V2, "internal", {"coder": {
        "ingress": {**V2_INGRESS["coder"]["ingress"], "annotations": ALB_HTTP}}}), Live(
            ingress="internal-lb.example.com"), "internal-lb.example.com",
     "http://coder.example.com"),
    ("public ingress whose controller has the certificate", stack(V2, "internal", V2_INGRESS, URL),
     Live(ingress=PUBLIC), PUBLIC, URL),
    ("ingress without an address", stack(V2, "internal", V2_INGRESS), Live(ingress=""),
     "coder.example.com", "http://coder.example.com"),
    ("ingress with neither", stack(V2, "internal", INTERNAL_INGRESS), Live(), "coder.coder.svc",
     "https://coder.coder.svc"),
    ("route of the gateway", stack(V2, "internal", V2_ROUTE), Live(), "coder.example.com",
     "http://coder.example.com"),
    ("route that redirects to HTTPS", stack(V2, "internal", {"coder": {"httproute": {
        **V2_ROUTE["coder"]["httproute"], "httpsRedirect": True}}}), Live(), "coder.example.com",
     "https://coder.example.com"),
    ("no Service, and a URL", stack(V2, "internal", v2_service(enable=False), URL), Live(),
     "coder.example.com", URL),
    ("the setting", stack(V2, "internal", url=URL), Live(service=PRIVATE), PRIVATE, URL),
    ("a variable", stack(V2, "internal", env(value=URL)), Live(service=PRIVATE), PRIVATE, URL),
    ("a variable from a ConfigMap", stack(V2, "internal", env(**FROM_MAP)),
     Live(service=PRIVATE, **MAPS), PRIVATE, URL),
    ("envFrom", stack(V2, "internal", env_from({"configMapRef": {"name": "settings"}})),
     Live(service=PRIVATE, **MAPS), PRIVATE, URL),
    ("envFrom, the last", stack(V2, "internal", env_from(
        {"configMapRef": {"name": "other"}}, {"configMapRef": {"name": "settings"}})),
     Live(service=PRIVATE, config_maps={**MAPS["config_maps"], "other": {"data": {
         "CODER_ACCESS_URL": "https://other.example.com"}}}), PRIVATE, URL),
    ("envFrom with a prefix", stack(V2, "internal", env_from(
        {"configMapRef": {"name": "settings"}, "prefix": "CODER_"})),
     Live(service=PRIVATE, **MAPS), PRIVATE, f"{URL}/b"),
    ("envFrom, which the chart's URL precedes", stack(V2, "internal", {"coder": {"envFrom": [
        {"configMapRef": {"name": "settings"}}]}}), Live(service=PRIVATE, **MAPS), PRIVATE,
     f"http://{PRIVATE}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "live", "address", "url"), [case[1:] for case in FOUND], ids=[c[0] for c in FOUND]
)
def test_the_address_and_the_url_are_those_of_the_set_up(
    settings: Stack, live: Live, address: str, url: str
) -> None:
    exports = deploy(settings, engine=live).exports
    assert (exports["address"], exports["accessUrl"]) == (address, url)
    assert not [line for line in live.warned if line.startswith(("exposure:", "accessUrl:"))]


@pytest.mark.parametrize(
    ("settings", "url", "line"),
    [
        (stack(V2, "internal", v2_service(enable=False)), "",
         "accessUrl: missing, but chartValues.coder.service.enable is false, so that the address "
         "of Coder is not known; type `pulumi config set accessUrl …`"),
        (stack(V2, "internal", env(valueFrom={"secretKeyRef": {"name": "s", "key": "url"}})),
         f"http://{PRIVATE}",
         "accessUrl: Coder may have CODER_ACCESS_URL from Secret coder/s, which this program does "
         "not read; type `pulumi config set accessUrl …`"),
        (stack(V2, "internal", env_from({"secretRef": {"name": "s"}})), f"http://{PRIVATE}",
         "accessUrl: Coder may have CODER_ACCESS_URL from Secret coder/s, which this program does "
         "not read; type `pulumi config set accessUrl …`"),
    ],
)  # fmt: skip
def test_a_url_that_is_not_known_is_a_warning(settings: Stack, url: str, line: str) -> None:
    live = Live(service=PRIVATE)
    assert deploy(settings, engine=live).exports["accessUrl"] == url
    assert line in live.warned


def test_an_internal_load_balancer_with_a_public_address_is_a_warning() -> None:
    for address in (PUBLIC, "lb.example.com"):
        live = deploy(made(), engine=Live(service=address))
        [line] = [each for each in live.warned if each.startswith("exposure:")]
        assert line == (
            "exposure: is internal, but the load balancer of Service coder/coderd has the public "
            f"address {address}: the cluster does not know the annotations, or did not apply them "
            "to a load balancer that existed. Anybody may reach Coder; type `kubectl -n coder "
            "delete service coderd`, and then `helm get manifest coder -n coder | kubectl -n coder "
            "apply -f -` for another load balancer, or `pulumi config set exposure none` and "
            "`pulumi up` for none"
        )


@pytest.mark.parametrize("address", [PUBLIC, "lb.example.com"])
@pytest.mark.parametrize(
    ("version", "values", "mode", "name", "key"),
    [
        (V2, V2_INGRESS, "internal", "coder", "coder.ingress"),
        (V2, V2_INGRESS, "none", "coder", "coder.ingress"),
        (CLASSIC, CLASSIC_INGRESS, "internal", "coderd", "ingress"),
    ],
)
def test_a_public_ingress_on_plain_http_is_a_warning(
    version: str, values: Any, mode: str, name: str, key: str, address: str
) -> None:
    live = deploy(stack(version, mode, values), engine=Live(ingress=address))
    [line] = [each for each in live.warned if each.startswith("exposure:")]
    assert line == (
        f"exposure: is {mode}, but Ingress coder/{name} has the public address {address}, and "
        f"Coder is on plain HTTP there. Anybody may reach Coder; set chartValues.{key}.tls, or "
        "make the ingress private"
    )


FORBIDDEN = Forbidden("the cluster refuses to show it: no")


def routed(url: str = "", refused: ClusterError = FORBIDDEN, **found: Any) -> list[str]:
    """The warnings of a route through two Gateways, of which the cluster shows one as found."""
    asked: list[tuple[str, str]] = []

    class Routed(Live):
        def gateway(self, namespace: str, name: str) -> Any:
            asked.append((namespace, name))
            if namespace == "coder":
                raise refused
            return {"status": {"addresses": [{"value": each} for each in found["addresses"]]}}

    parents = ["no object", {"name": "own"}, {"name": "shared", "namespace": "gateways"}]
    route = V2_ROUTE["coder"]["httproute"] | {"parentRefs": parents}
    settings = stack(V2, "internal", {"coder": {"httproute": route}}, url)
    live = deploy(settings, engine=Routed())
    assert set(asked) == (set() if url else {("coder", "own"), ("gateways", "shared")})
    return [each for each in live.warned if each.startswith("exposure:")]


def test_a_public_gateway_on_plain_http_is_a_warning() -> None:
    [line] = routed(addresses=[PRIVATE, "lb.example.com"])
    assert line == (
        "exposure: is internal, but Gateway gateways/shared of chartValues.coder.httproute has "
        "the public address lb.example.com, and Coder's URL is plain HTTP. Anybody may reach "
        "Coder; set accessUrl to its https:// URL if the Gateway has a certificate, or choose a "
        "private Gateway"
    )
    assert not routed(addresses=[PRIVATE])
    assert not routed(addresses=[])
    assert not routed(URL, addresses=[PUBLIC])


def test_a_gateway_that_cannot_be_read_hides_no_other() -> None:
    assert routed(addresses=[PUBLIC], refused=ClusterError("the cluster does not answer"))


def test_a_service_that_is_gone_is_a_warning() -> None:
    live = Live()
    assert deploy(made(), engine=live).exports["address"] == "coderd.coder.svc"
    assert (
        "Nobody reaches Coder: there is no Service coder/coderd; to create it again: `helm get "
        "manifest coder -n coder | kubectl -n coder apply -f -`"
    ) in live.warned


def test_a_preview_names_a_load_balancer_without_an_address() -> None:
    line = (
        "exposure: is internal, but the load balancer of Service coder/coderd has no address; see "
        "`kubectl -n coder describe service coderd`, or set exposure to none where the cluster "
        "makes no load balancers"
    )
    previewed = deploy(made(), engine=Live(service=""), preview=True)
    assert line in previewed.warned
    assert line not in deploy(made(), engine=Live(service="")).warned, "the update says more"


def test_an_address_that_cannot_be_read_is_a_warning() -> None:
    class Unreadable(Engine):
        def service(self, namespace: str, name: str) -> Any:
            raise ClusterError("the cluster answers: no")

    engine = deploy(made(), engine=Unreadable())
    assert "The address of Coder can't be read: the cluster answers: no" in engine.warned
    assert engine.exports["address"] == ""


def change(settings: Stack, live: Live) -> str:
    """What the hooks refuse before the engine updates the release; empty if nothing."""
    engine = deploy(settings, engine=live)
    [hook] = [
        name for name in engine.named("coder-release").hooks["before_update"] if "address" in name
    ]
    call = pulumi.ResourceHookArgs("urn", "id", "coder-release", "type")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cluster, "service", lambda _, *where: live.service(*where))
        try:
            engine.hooks[hook].callback(call)
        except pulumi.RunError as error:
            return str(error)
    return ""


HTTPS = "which needs an https:// accessUrl and a certificate (docs/coder.md: Reaching Coder)"
GOES_ON = "If people may find Coder elsewhere: `kubectl -n coder delete service"
ENDS = "which may end, and not every cloud makes another one then."
ENDED = [
    ("upgrade of a public stack", made(), Live(service=PUBLIC),
     f"exposure: is internal, but Coder's load balancer has the public address {PUBLIC}, {ENDS} "
     f"To keep it, set exposure to internet, {HTTPS}. {GOES_ON} coderd`, then `pulumi up`"),
    ("host name of a public one", stack(V2, "internal"), Live(service="lb.example.com"),
     f"exposure: is internal, but Coder's load balancer has the public address lb.example.com, "
     f"{ENDS} To keep it, set exposure to internet, {HTTPS}. {GOES_ON} coder`, then `pulumi up`"),
    ("internal to the internet", stack(V2, "internet", V2_TLS, URL), Live(service=PRIVATE),
     f"exposure: is internet, but Coder's load balancer has the private address {PRIVATE}, {ENDS} "
     f"To keep it, set exposure to internal. {GOES_ON} coder`, then `pulumi up`"),
    ("to none", stack(V2, "none"), Live(service=PRIVATE),
     f"exposure: is none, but Coder's load balancer has the private address {PRIVATE}, {ENDS} "
     f"To keep it, set exposure to internal. {GOES_ON} coder`, then `pulumi up`"),
    ("to an ingress", stack(CLASSIC, "internal", CLASSIC_INGRESS), Live(service=PRIVATE),
     f"exposure: is internal, but Coder's load balancer has the private address {PRIVATE}, {ENDS} "
     f"To keep it, remove chartValues.ingress. {GOES_ON} coderd`, then `pulumi up`"),
    ("annotation that the controller ignored", stack(V2, "internal"), Live(
        service=PUBLIC, annotations={
            "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}),
     f"exposure: is internal, but Coder's load balancer has the public address {PUBLIC}, {ENDS} "
     f"To keep it, set exposure to internet, {HTTPS}. {GOES_ON} coder`, then `pulumi up`"),
    ("a name that does not resolve", made(), Live(service="unknown.example.com"),
     "exposure: is internal, but Coder's load balancer has the public address "
     f"unknown.example.com, {ENDS} To keep it, set exposure to internet, {HTTPS}. {GOES_ON} "
     "coderd`, then `pulumi up`"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "live", "line"), [case[1:] for case in ENDED], ids=[case[0] for case in ENDED]
)
def test_an_update_that_ends_the_address_is_refused(settings: Stack, live: Live, line: str) -> None:
    assert change(settings, live) == line


KEPT = [
    ("private address", made(), Live(service=PRIVATE)),
    ("name of a private address", made(), Live(service="internal-lb.example.com")),
    ("annotations of a name that does not resolve", made(),
     Live(service="unknown.example.com", annotations=ANNOTATIONS[INTERNAL])),
    ("public address", stack(V2, "internet", V2_TLS, URL), Live(service=PUBLIC)),
    ("private address that a gateway publishes", stack(V2, "internet", V2_TLS, URL),
     Live(service=PRIVATE, annotations=ANNOTATIONS[INTERNET] | {"other": "x"})),
    ("no Service", stack(V2, "none"), Live()),
    ("no address", stack(V2, "none"), Live(service="")),
    ("another type", made(), Live(service=PUBLIC, kind="ClusterIP")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "live"), [case[1:] for case in KEPT], ids=[case[0] for case in KEPT]
)
def test_an_update_that_keeps_the_address_is_not_refused(settings: Stack, live: Live) -> None:
    assert not change(settings, live)


def test_a_service_that_cannot_be_read_is_a_warning_before_an_update() -> None:
    class Unreadable(Live):
        def service(self, namespace: str, name: str) -> Any:
            raise ClusterError("the cluster answers: no")

    live = Unreadable()
    assert not change(made(), live)
    assert (
        "Whether this update ends the address of Coder is not known: the cluster answers: no"
        in live.warned
    )
