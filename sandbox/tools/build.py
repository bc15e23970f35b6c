"""Builds the programs of the sandbox from their Go modules, each once for each version."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox import SandboxError
from sandbox.machine import lock, paths
from sandbox.tools.programs import MODULES, SDK, TOOLS, Tool, joined

SECONDS_BETWEEN_LINES = 20
EXECUTOR = "pulumi-language-python-exec"

Progress = Callable[[str], object]


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
    label = f"building {joined(' ', tool.name, tool.version)} ({which})"
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
    began = time.monotonic()
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
                    progress(f"{label}: {time.monotonic() - began:.0f} s so far")
        finally:
            process.kill()
    errors = (partial / "errors").read_text()
    if process.returncode:
        raise SandboxError(f"{tool.name} could not be built:\n{errors[-2000:].strip()}")
    (partial / "errors").unlink()
    partial.rename(tool.directory)
    progress(f"{label}: done in {time.monotonic() - began:.0f} s")


def _executor() -> None:
    """Put the Pulumi SDK's program that runs Python programs beside the others."""
    if (paths.BIN / EXECUTOR).exists():
        return
    source = _module_directory(SDK, MODULES / "pulumi")
    target = paths.TOOLS / f"{EXECUTOR}-{source.name.partition('@')[2]}"
    shutil.copyfile(source / "python" / "cmd" / EXECUTOR, target)
    target.chmod(0o755)
    _link(EXECUTOR, target)


def _module_directory(module: str, requiring: Path) -> Path:
    """Where Go keeps a module's files, at the version that the go.mod in `requiring` pins."""
    done = subprocess.run(
        ["go", "mod", "download", "-json", module],
        cwd=requiring,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SandboxError(f"{module} could not be downloaded: {done.stderr.strip()}")
    return Path(json.loads(done.stdout)["Dir"])
