"""Runs `python -m recovery` on a stack in the sandbox's backend."""

import os
import subprocess
import sys

from sandbox.engine.home import environment
from sandbox.engine.stack import Stack
from sandbox.machine import paths


def recover(name: str) -> int:
    """Repair the stack; returns the exit code."""
    stack = Stack(name)
    if not stack.exists:
        print(f"Stack {name}: does not exist yet; nothing to repair.")
        return 0
    command = [sys.executable, "-m", "recovery", "--stack", name, "--yes"]
    command += ["--config-file", str(stack.settings)]
    ours = environment()
    search = os.pathsep.join(filter(None, (str(paths.ROOT), ours.get("PYTHONPATH"))))
    process = subprocess.run(
        command, cwd=stack.project_folder(), env={**ours, "PYTHONPATH": search}, check=False
    )
    return process.returncode
