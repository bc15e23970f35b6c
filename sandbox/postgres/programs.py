"""Runs PostgreSQL's programs inside the sandbox."""

from pathlib import Path

from sandbox import SandboxError
from sandbox.machine import namespaces, paths
from sandbox.postgres import installations

OS_USER = "nobody"
"""The user that runs servers and programs: PostgreSQL refuses to run as root."""
CLIENT_VERSION = "17"
"""Provides client programs for major versions whose installation lacks them."""


def path(version: str, program: str) -> Path:
    """The path, inside the sandbox, of a program of a major version."""
    directory = installations.bin_directory(version)
    if not (directory / program).exists():
        directory = installations.bin_directory(CLIENT_VERSION)
    if directory.is_relative_to(paths.TOOLS):
        directory = paths.INSIDE_TOOLS / directory.relative_to(paths.TOOLS)
    return directory / program


def run(version: str, program: str, *arguments: str, input: str = "") -> str:
    """Run a program as the servers' OS user; returns its output, and raises if it fails."""
    done = namespaces.run_inside(
        [str(path(version, program)), *arguments],
        user=OS_USER,
        input=input,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SandboxError(f"{program} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
