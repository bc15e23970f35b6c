"""PostgreSQL's programs as they are run inside the sandbox."""

from pathlib import Path

from sandbox import SandboxError
from sandbox.machine import namespaces, paths
from sandbox.postgres.installations import postgres as installation

ACCOUNT = "nobody"
"""Runs the servers, which refuse root."""
CLIENT_VERSION = "17"
"""Has the clients, which some versions come without."""


def inside(version: str, program: str) -> Path:
    """A program of a major version, as seen inside."""
    directory = installation(version)
    if not (directory / program).exists():
        directory = installation(CLIENT_VERSION)
    if directory.is_relative_to(paths.TOOLS):
        directory = paths.INSIDE_TOOLS / directory.relative_to(paths.TOOLS)
    return directory / program


def run(version: str, program: str, *arguments: str, input: str = "") -> str:
    """What a program prints; it runs as the servers do."""
    done = namespaces.run_inside(
        [str(inside(version, program)), *arguments],
        user=ACCOUNT,
        input=input,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SandboxError(f"{program} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
