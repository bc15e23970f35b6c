"""Builds the sandbox's programs from their Go modules, once per version."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox import SandboxError
from sandbox.machine import lock, paths
from sandbox.tools.programs import MODULES, SDK, TOOLS, Tool, join

SECONDS_BETWEEN_LINES = 20
EXECUTOR = "pulumi-language-python-exec"

Progress = Callable[[str], object]


def ensure(progress: Progress = print) -> None:
    """Link all programs into BIN; build those of which PATH has no suitable version."""
    with lock.exclusive("build", directory=paths.TOOLS):
        for directory in (paths.TOOLS, paths.BIN):
            directory.mkdir(parents=True, exist_ok=True)
        for incomplete in paths.TOOLS.glob(".build-*"):
            shutil.rmtree(incomplete)
        missing = [tool for tool in TOOLS if not _link_existing(tool)]
        for number, tool in enumerate(missing, start=1):
            _build(tool, f"{number} of {len(missing)}", progress)
            _link(tool.name, tool.directory / tool.name)
        _install_executor()


def _link_existing(tool: Tool) -> bool:
    """Link a program that is built already or is on PATH; returns whether there is one."""
    built = tool.directory / tool.name
    found = built if built.exists() else next(_on_path(tool), None)
    if found:
        _link(tool.name, found)
    return found is not None


def _on_path(tool: Tool) -> Iterator[Path]:
    """The programs on PATH that report a suitable version."""
    directories = [Path(entry) for entry in os.get_exec_path() if Path(entry) != paths.BIN]
    for candidate in (directory / tool.name for directory in directories):
        if tool.version_command and os.access(candidate, os.X_OK) and candidate.is_file():
            command = [str(candidate), *tool.version_command]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
            if tool.fits(done.stdout):
                yield candidate


def _link(name: str, target: Path) -> None:
    link = paths.BIN / name
    if not (link.is_symlink() and link.readlink() == target):
        temporary = paths.BIN / f".{name}"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target)
        temporary.replace(link)


def _build(tool: Tool, position: str, progress: Progress) -> None:
    """Build in a temporary directory, which is renamed when the program is complete."""
    label = f"building {join(' ', tool.name, tool.version)} ({position})"
    progress(label)
    partial = paths.TOOLS / f".build-{tool.name}"
    partial.mkdir()
    environment = {**os.environ, "GOFLAGS": "", "GOWORK": "off"}
    if tool.static:
        environment["CGO_ENABLED"] = "0"
    overlay = partial / "overlay.json" if tool.embedded else None
    if overlay:
        directory = _module_directory(tool.version_of, tool.module)
        overlay.write_text(json.dumps(tool.overlay(directory)))
    started_at = time.monotonic()
    with subprocess.Popen(
        tool.command(partial / tool.name, overlay),
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
                    progress(f"{label}: {time.monotonic() - started_at:.0f} s so far")
        finally:
            process.kill()
    errors = (partial / "errors").read_text()
    if process.returncode:
        raise SandboxError(f"cannot build {tool.name}:\n{errors[-2000:].strip()}")
    (partial / "errors").unlink()
    partial.rename(tool.directory)
    progress(f"{label}: done in {time.monotonic() - started_at:.0f} s")


def _install_executor() -> None:
    """Install the Pulumi SDK's script that runs Python programs."""
    if (paths.BIN / EXECUTOR).exists():
        return
    source = _module_directory(SDK, MODULES / "pulumi")
    target = paths.TOOLS / f"{EXECUTOR}-{source.name.partition('@')[2]}"
    shutil.copyfile(source / "python" / "cmd" / EXECUTOR, target)
    target.chmod(0o755)
    _link(EXECUTOR, target)


def _module_directory(module: str, requiring: Path) -> Path:
    """The directory of a module's files, at the version pinned by the go.mod in `requiring`."""
    done = subprocess.run(
        ["go", "mod", "download", "-json", module],
        cwd=requiring,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SandboxError(f"cannot download {module}: {done.stderr.strip()}")
    return Path(json.loads(done.stdout)["Dir"])
