"""The policy pack's virtualenv, `policy/venv`: `python -m sandbox.engine.policy_virtualenv`."""

import contextlib
import os
import sys

from sandbox.machine import paths


def link_virtualenv() -> None:
    """Give the policy pack our virtualenv, which has its requirements, unless it has its own."""
    own = paths.ROOT / "policy" / "venv"
    if own.is_symlink() and not own.exists():
        own.unlink(missing_ok=True)  # to a virtualenv that is gone
    with contextlib.suppress(FileExistsError):
        own.symlink_to(os.path.relpath(sys.prefix, own.parent))


if __name__ == "__main__":
    link_virtualenv()
