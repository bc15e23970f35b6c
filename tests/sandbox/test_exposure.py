"""Who reaches Coder, on a real cluster: the Service, its load balancer, and what `up` prints."""

import json
from typing import Any

from tests.sandbox.conftest import Make
from tests.sandbox.stack import SOON_READY, Stack, kubectl


def service(stack: Stack, name: str) -> dict[str, Any]:
    return json.loads(kubectl("-n", stack.name, "get", "service", name, "-o", "json"))


def addresses(stack: Stack) -> tuple[str, str]:
    return stack.outputs()["address"], stack.outputs()["accessUrl"]


def test_classic_goes_from_a_load_balancer_to_an_ingress(make: Make) -> None:
    stack = make("exposed")
    stack.up()
    found = service(stack, "coderd")
    assert found["spec"]["type"] == "LoadBalancer"
    assert found["metadata"]["annotations"]["networking.gke.io/load-balancer-type"] == "Internal"
    address = found["status"]["loadBalancer"]["ingress"][0]["ip"]
    assert addresses(stack) == (address, f"http://{address}")

    ingress = {"ingress": {"enable": True, "host": "coder.example.com"}}
    stack.set(chartValues=SOON_READY | ingress, accessUrl="https://coder.example.com")
    printed = stack.fails("preview")
    assert f"Coder's load balancer has the private address {address}, which may end" in printed
    assert service(stack, "coderd")["spec"]["type"] == "LoadBalancer"
    kubectl("-n", stack.name, "delete", "service", "coderd")
    stack.up()
    assert service(stack, "coderd")["spec"]["type"] == "ClusterIP"
    assert addresses(stack) == ("coder.example.com", "https://coder.example.com")
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}}
    patch = ["patch", "ingress", "coderd", "--subresource=status", "--type=merge", "--patch"]
    kubectl("-n", stack.name, *patch, json.dumps(status))
    stack.up()
    assert addresses(stack) == ("203.0.113.9", "https://coder.example.com")

    stack.set(chartValues=SOON_READY, accessUrl="").up()
    assert service(stack, "coderd")["spec"]["type"] == "LoadBalancer"


def test_v2_without_a_load_balancer_and_without_a_service(make: Make) -> None:
    stack = make("hidden", chartVersion="2.38.8", exposure="none")
    stack.up()
    assert service(stack, "coder")["spec"]["type"] == "ClusterIP"
    assert addresses(stack) == ("coder.hidden.svc", "http://coder.hidden.svc")
    stack.set(chartValues={"coder": {"service": {"enable": False}}})
    assert "the address of Coder is not known" in stack.up()
    assert addresses(stack) == ("", "")
    assert not kubectl("-n", stack.name, "get", "service", "coder", "--ignore-not-found")
    stack.unchanged()
