"""Builds the programs of the sandbox from their Go modules, each once for each version."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox import SandboxError, lock, paths
from sandbox.tools.postgres import postgres as postgres

MODULES = paths.ROOT / "sandbox" / "tools"
SECONDS_BETWEEN_LINES = 20
EXECUTOR = "pulumi-language-python-exec"
SDK = "github.com/pulumi/pulumi/sdk/v3"
SMALL = "-s -w"
"""Leave out what only a debugger reads."""

Progress = Callable[[str], object]


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A program that is built from a package of a Go module, at the version its go.mod pins."""

    name: str
    module: Path
    package: str
    version_of: str = ""
    """The module whose version is the program's; none for one of our own sources."""
    version_flags: tuple[str, ...] = ()
    """Variables that the linker sets, with {version}, {major} and {minor}."""
    version_command: tuple[str, ...] = ()
    """Arguments that make one found on PATH say its version."""
    static: bool = False

    @property
    def version(self) -> str:
        """The pinned version, without a v."""
        if not self.version_of:
            return ""
        text = (self.module / "go.mod").read_text()
        found = re.search(rf"^\s*{re.escape(self.version_of)} v(\S+)", text, re.MULTILINE)
        if not found:
            raise SandboxError(f"{self.module / 'go.mod'} has no version of {self.version_of}")
        return found[1]

    @property
    def directory(self) -> Path:
        """Where it is installed; another place for whatever makes another program."""
        digest = hashlib.sha256(self._flags().encode())
        sources = [path for path in self.module.iterdir() if path.suffix in (".mod", ".sum", ".go")]
        for path in sorted(sources):
            digest.update(path.read_bytes())
        return paths.TOOLS / _joined("-", self.name, self.version, digest.hexdigest()[:8])

    def _flags(self) -> str:
        major, _, rest = self.version.partition(".")
        values = {"version": self.version, "major": major, "minor": rest.partition(".")[0]}
        return " ".join([SMALL, *(f"-X {flag.format(**values)}" for flag in self.version_flags)])

    def command(self, target: Path) -> list[str]:
        """The command that builds it."""
        flags = ["-trimpath", "-buildvcs=false", "-ldflags", self._flags()]
        return ["go", "build", *flags, "-o", str(target), self.package]

    def fits(self, said: str) -> bool:
        """Whether what a program says of itself is a release of the pinned minor version."""
        minor = ".".join(self.version.split(".")[:2])
        return re.search(rf"(?<![\d.]){re.escape(minor)}\.\d+(?![\w.+-])", said) is not None


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
"""What helm takes for the cluster's version where it asks none."""

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
    Tool(name="coderd", module=paths.ROOT / "sandbox" / "coderd", package=".", static=True),
)


def ensure(progress: Progress = print) -> None:
    """Have every program in BIN, built where no fitting one is on PATH."""
    with lock.exclusive("build", directory=paths.TOOLS):
        for directory in (paths.TOOLS, paths.BIN):
            directory.mkdir(parents=True, exist_ok=True)
        for unfinished in paths.TOOLS.glob(".build-*"):
            shutil.rmtree(unfinished)
        wanting = [tool for tool in TOOLS if not _linked(tool)]
        for number, tool in enumerate(wanting, start=1):
            _build(tool, f"{number} of {len(wanting)}", progress)
            _link(tool.name, tool.directory / tool.name)
        _executor()


def _linked(tool: Tool) -> bool:
    """Link the program that is built already, or a fitting one of PATH's; whether there is one."""
    built = tool.directory / tool.name
    found = built if built.exists() else next(_on_path(tool), None)
    if found:
        _link(tool.name, found)
    return found is not None


def _on_path(tool: Tool) -> Iterator[Path]:
    """The programs on PATH that really have the version that we want."""
    directories = [Path(entry) for entry in os.get_exec_path() if Path(entry) != paths.BIN]
    for candidate in (directory / tool.name for directory in directories):
        if tool.version_command and os.access(candidate, os.X_OK) and candidate.is_file():
            command = [str(candidate), *tool.version_command]
            said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
            if tool.fits(said.stdout):
                yield candidate


def _link(name: str, target: Path) -> None:
    link = paths.BIN / name
    if not (link.is_symlink() and link.readlink() == target):
        temporary = paths.BIN / f".{name}"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target)
        temporary.replace(link)


def _build(tool: Tool, which: str, progress: Progress) -> None:
    """Build in a directory of its own, which is given its name at the end."""
    label = f"building {_joined(' ', tool.name, tool.version)} ({which})"
    progress(label)
    partial = paths.TOOLS / f".build-{tool.name}"
    partial.mkdir()
    environment = {**os.environ, "GOFLAGS": "", "GOWORK": "off"}
    if tool.static:
        environment["CGO_ENABLED"] = "0"
    began = time.monotonic()
    with subprocess.Popen(
        tool.command(partial / tool.name),
        cwd=tool.module,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=(partial / "errors").open("w"),
    ) as process:
        try:
            while True:
                try:
                    process.wait(SECONDS_BETWEEN_LINES)
                    break
                except subprocess.TimeoutExpired:
                    progress(f"{label}: {time.monotonic() - began:.0f} s so far")
        finally:
            process.kill()
    errors = (partial / "errors").read_text()
    if process.returncode:
        raise SandboxError(f"{tool.name} could not be built:\n{errors[-2000:].strip()}")
    (partial / "errors").unlink()
    partial.rename(tool.directory)
    progress(f"{label}: done in {time.monotonic() - began:.0f} s")


def _joined(separator: str, *words: str) -> str:
    return separator.join(word for word in words if word)


def _executor() -> None:
    """Put the Pulumi SDK's program that runs Python programs beside the others."""
    if (paths.BIN / EXECUTOR).exists():
        return
    command = ["go", "mod", "download", "-json", SDK]
    done = subprocess.run(
        command, cwd=MODULES / "pulumi", capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SandboxError(f"{SDK} could not be downloaded: {done.stderr.strip()}")
    module = json.loads(done.stdout)
    target = paths.TOOLS / f"{EXECUTOR}-{module['Version']}"
    shutil.copyfile(Path(module["Dir"], "python", "cmd", EXECUTOR), target)
    target.chmod(0o755)
    _link(EXECUTOR, target)
