"""The program's Kubernetes provider with the published plugin, and no cluster."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.machine import paths
from tests.engine.stack import Stack
from tests.unit.cluster import PretendCluster

CLUSTER = "https://127.0.0.1:1"
REFUSED = "dial tcp 127.0.0.1:1: connect: connection refused"


def kubeconfig(server: str = CLUSTER) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "dev",
    }


def write(file: Path, *keys: str, server: str = CLUSTER) -> Path:
    """Write a kubeconfig, or just these sections of it."""
    whole = kubeconfig(server)
    file.write_text(yaml.safe_dump({key: whole[key] for key in keys or whole}))
    return file


class ProgramStack(Stack):
    """The program on an existing server, with one Secret in place of Coder."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        environment = environment | {"PYTHONPATH": str(paths.ROOT), "PROJECT": str(paths.ROOT)}
        super().__init__(folder, environment)
        project = yaml.safe_load((paths.ROOT / "Pulumi.yaml").read_text()) | {"runtime": "python"}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        program = Path(__file__).with_name("kubernetes_program.py").read_text()
        (folder / "__main__.py").write_text(program)
        self.run("stack", "init", "dev")
        settings = {
            "coder:cloud": "existing",
            "coder:cluster": {},
            "coder:existing": {"host": "db.example.com", "username": "coder"},
            "coder:chartRepository": f"{environment['CHARTS_URL']}/classic",
        }
        file = folder / "Pulumi.dev.yaml"
        kept = yaml.safe_load(file.read_text()) if file.exists() else {}
        file.write_text(yaml.safe_dump(kept | {"config": settings}))

    def at(self, *files: Path) -> "ProgramStack":
        """Set $KUBECONFIG to these files."""
        self.environment["KUBECONFIG"] = ":".join(map(str, files))
        return self


@pytest.fixture
def program(engine: dict[str, str], tmp_path: Path) -> ProgramStack:
    return ProgramStack(tmp_path / "program", engine)


@pytest.fixture
def failed(program: ProgramStack, tmp_path: Path) -> ProgramStack:
    """After an update that made the provider and found no cluster for the Secret."""
    said = program.at(write(tmp_path / "first")).fails("up", "--yes", "--skip-preview")
    assert "configured Kubernetes cluster is unreachable" in said
    assert REFUSED in said
    return program


def test_the_state_holds_no_path_of_a_kubeconfig(failed: ProgramStack, tmp_path: Path) -> None:
    assert str(tmp_path / "first") not in json.dumps(failed.resources())
    (tmp_path / "first").rename(tmp_path / "elsewhere")
    said = failed.at(tmp_path / "elsewhere").preview()
    assert "kubernetes:core/v1:Secret" in said
    assert "pulumi:providers:kubernetes: (" not in said, "the provider would change"


def test_several_kubeconfig_files_are_read_as_one(program: ProgramStack, tmp_path: Path) -> None:
    contexts = write(tmp_path / "contexts", "contexts", "current-context")
    clusters = write(tmp_path / "clusters", "clusters", "users")
    said = program.at(contexts, clusters).fails("up", "--yes", "--skip-preview")
    assert REFUSED in said


def test_only_another_server_replaces_the_provider(failed: ProgramStack, tmp_path: Path) -> None:
    other = write(tmp_path / "other", server="https://127.0.0.1:2")
    said = failed.at(other).preview()
    assert "+-pulumi:providers:kubernetes: (replace)" in said
    assert "~ clusterIdentifier" in said, said


def test_the_same_cluster_at_another_address_replaces_nothing(
    program: ProgramStack, tmp_path: Path
) -> None:
    cluster = PretendCluster()
    cluster.add("kube-system", metadata={"uid": "1-2-3"})
    with cluster.serving(tmp_path / "first"):
        program.at(tmp_path / "first").run("up", "--yes", "--skip-preview")
        provider = program.resource("cluster")
        assert provider["inputs"]["clusterIdentifier"].endswith("#1-2-3")
        text = (tmp_path / "first").read_text()
        (tmp_path / "other").write_text(text.replace("127.0.0.1", "localhost"))
        said = program.at(tmp_path / "other").run("preview", "--diff").stdout
        assert "pulumi:providers:kubernetes: (" not in said, said
        cluster.add("kube-system", metadata={"uid": "4-5-6"})
        said = program.run("preview", "--diff").stdout
        assert "+-pulumi:providers:kubernetes: (replace)" in said, said
        assert "which is another one" in said


def test_a_chart_that_is_not_found_fails_the_preview(stack: Stack) -> None:
    stack.program(
        "import pulumi_kubernetes as kubernetes\n"
        f"cluster = kubernetes.Provider('cluster', kubeconfig={json.dumps(kubeconfig())!r})\n"
        "kubernetes.helm.v3.Release('r', chart='none',\n"
        "    repository_opts={'repo': 'http://127.0.0.1:1/'},\n"
        "    opts=pulumi.ResourceOptions(provider=cluster))"
    )
    said = stack.fails("preview")
    assert 'looks like "http://127.0.0.1:1/" is not a valid chart repository' in said
    assert "check the chart name and repository configuration." in said


def test_a_chart_is_taken_from_a_path_in_the_projects_folder(
    stack: Stack, charts_folder: Path
) -> None:
    folder = stack.folder / ".charts"
    folder.mkdir()
    shutil.copy(charts_folder / "v2" / "coder-2.38.8.tgz", folder)
    program = (
        "import pulumi_kubernetes as kubernetes\n"
        f"cluster = kubernetes.Provider('cluster', kubeconfig={json.dumps(kubeconfig())!r})\n"
        "kubernetes.helm.v3.Release('r', chart='./.charts/coder-{}.tgz', version='{}',\n"
        "    opts=pulumi.ResourceOptions(provider=cluster))"
    )
    stack.program(program.replace("{}", "2.38.8"))
    assert "2.38.8" in stack.preview()
    stack.program(program.replace("{}", "2.38.7"))
    assert "coder-2.38.7.tgz" in stack.fails("preview")
