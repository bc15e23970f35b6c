"""A chart whose template fails, with the published plugin."""

from pathlib import Path

from tests.engine.stack import Stack
from tests.unit.cluster import PretendCluster

DISCOVERY = {
    "/version": {"major": "1", "minor": "33", "gitVersion": "v1.33.0"},
    # An empty document, as protobuf.
    "/openapi/v2": {"text": ""},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
}
PROGRAM = """
import pulumi
import pulumi_kubernetes as kubernetes

cluster = kubernetes.Provider("cluster", kubeconfig={!r})
kubernetes.helm.v3.Release(
    "coder",
    chart="./chart",
    skip_await=True,
    opts=pulumi.ResourceOptions(provider=cluster),
)
"""


def test_a_chart_whose_template_fails_is_not_installed(stack: Stack, tmp_path: Path) -> None:
    templates = stack.folder / "chart" / "templates"
    templates.mkdir(parents=True)
    (templates.parent / "Chart.yaml").write_text("apiVersion: v2\nname: coder\nversion: 1.0.0\n")
    (templates / "broken.yaml").write_text('{{ fail "set coder.image" }}\n')
    cluster = PretendCluster()
    cluster.objects |= DISCOVERY
    with cluster.serving(tmp_path / "kubeconfig"):
        stack.program(PROGRAM.format((tmp_path / "kubeconfig").read_text()))
        # The pretended cluster takes no POST: an installation would fail with another error.
        said = stack.fails("up", "--yes", "--skip-preview")
    assert "error: execution error at (coder/templates/broken.yaml:1:3): set coder.image" in said
    assert "kubernetes:helm.sh/v3:Release" not in {each["type"] for each in stack.resources()}
