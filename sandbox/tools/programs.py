"""The programs that the sandbox builds: Go modules, pinned versions and build flags."""

import hashlib
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sandbox import SandboxError
from sandbox.machine import paths

MODULES = paths.ROOT / "sandbox" / "tools"
SDK = "github.com/pulumi/pulumi/sdk/v3"
KUBERNETES_PROVIDER = "kubernetes-provider"
"""Not `pulumi-resource-kubernetes`: the CLI would prefer one on PATH, and print a warning."""
SMALL = "-s -w"
"""Linker flags that omit debug information."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A program, built from a package of a Go module at the version that its go.mod pins."""

    name: str
    module: Path
    package: str
    version_of: str = ""
    """The module whose version is the program's version; empty if its source is in this project."""
    version_flags: tuple[str, ...] = ()
    """Variables that the linker sets; {version}, {major} and {minor} are replaced."""
    version_command: tuple[str, ...] = ()
    """Arguments with which a program on PATH prints its version; empty: one on PATH is not used."""
    static: bool = False
    embedded: tuple[str, ...] = ()
    """Files of module `version_of` that the program embeds; go:embed cannot read other modules."""

    @property
    def version(self) -> str:
        """The pinned version, without a v."""
        if not self.version_of:
            return ""
        text = (self.module / "go.mod").read_text()
        found = re.search(rf"^\s*{re.escape(self.version_of)} v(\S+)", text, re.MULTILINE)
        if not found:
            raise SandboxError(f"{self.module / 'go.mod'} does not pin {self.version_of}")
        return found[1]

    @property
    def directory(self) -> Path:
        """Where it is installed; its name changes with the version, the flags and the sources."""
        digest = hashlib.sha256(self._flags().encode())
        for path in sorted(path for path in self.module.rglob("*") if path.is_file()):
            digest.update(path.read_bytes())
        return paths.TOOLS / join("-", self.name, self.version, digest.hexdigest()[:8])

    def _flags(self) -> str:
        major, _, rest = self.version.partition(".")
        values = {"version": self.version, "major": major, "minor": rest.partition(".")[0]}
        return " ".join([SMALL, *(f"-X {flag.format(**values)}" for flag in self.version_flags)])

    def command(self, target: Path, overlay: Path | None = None) -> list[str]:
        """The command that builds the program."""
        flags = ["-trimpath", "-buildvcs=false", "-ldflags", self._flags()]
        flags += ["-overlay", str(overlay)] if overlay else []
        return ["go", "build", *flags, "-o", str(target), self.package]

    def overlay(self, directory: Path) -> dict[str, dict[str, str]]:
        """The content for Go's -overlay: files of `directory` appear in the program's package."""
        files = [directory / name for name in self.embedded]
        return {"Replace": {str(self.module / file.name): str(file) for file in files}}

    def fits(self, output: str) -> bool:
        """Whether the output of the version command names a release of the pinned minor version."""
        minor = ".".join(self.version.split(".")[:2])
        return re.search(rf"(?<![\d.]){re.escape(minor)}\.\d+(?![\w.+-])", output) is not None


def join(separator: str, *words: str) -> str:
    """Join the words that are not empty."""
    return separator.join(word for word in words if word)


def _kubernetes(name: str, *version_command: str) -> Tool:
    variable = "k8s.io/component-base/version.git"
    return Tool(
        name=name,
        module=MODULES / "kubernetes",
        package=f"k8s.io/kubernetes/cmd/{name}",
        version_of="k8s.io/kubernetes",
        version_flags=(
            f"{variable}Version=v{{version}}",
            f"{variable}Major={{major}}",
            f"{variable}Minor={{minor}}",
        ),
        version_command=version_command or ("--version",),
    )


_KUBERNETES = _kubernetes("kubectl").version.split(".")
"""The cluster version that helm assumes when it does not connect to a cluster."""
_PROVIDER_MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"

TOOLS = (
    Tool(
        name="pulumi",
        module=MODULES / "pulumi",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        version_of="github.com/pulumi/pulumi/pkg/v3",
        version_flags=(f"{SDK}/go/common/version.Version={{version}}",),
        version_command=("version",),
    ),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kubelet"),
    _kubernetes("kube-proxy"),
    _kubernetes("kubectl", "version", "--client"),
    Tool(
        name="etcd",
        module=MODULES / "kubernetes",
        package="go.etcd.io/etcd/server/v3",
        version_of="go.etcd.io/etcd/server/v3",
        version_command=("--version",),
    ),
    Tool(
        name="helm",
        module=MODULES / "helm",
        package="helm.sh/helm/v3/cmd/helm",
        version_of="helm.sh/helm/v3",
        version_flags=(
            "helm.sh/helm/v3/internal/version.version=v{version}",
            f"helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor={_KUBERNETES[0]}",
            f"helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor={_KUBERNETES[1]}",
        ),
        version_command=("version", "--template", "{{.Version}}"),
    ),
    Tool(
        name=KUBERNETES_PROVIDER,
        module=MODULES / "pulumi-kubernetes",
        package=".",
        version_of=_PROVIDER_MODULE,
        # The engine requires the version of the SDK that the program uses.
        version_flags=(
            f"{_PROVIDER_MODULE}/pkg/version.Version={metadata.version('pulumi-kubernetes')}",
        ),
        embedded=(
            "cmd/pulumi-resource-kubernetes/schema.json",
            "cmd/pulumi-resource-kubernetes/terraform-mapping.json",
        ),
    ),
    Tool(name="coderd", module=paths.ROOT / "sandbox" / "coderd", package=".", static=True),
)
