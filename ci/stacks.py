"""The stacks that the workflows preview, deploy and compare."""

import json
import os
import re
from pathlib import Path

SAMPLES = {"aws", "azure", "dev", "existing", "gcp"}
"""Files to copy, and the stack of `make up`; they have no environment of their own."""
NAME = re.compile(r"[A-Za-z0-9_-]+")
FOLDER = Path(__file__).parent.parent


def command() -> int:
    """Print the stacks, and hand them to the workflow's other jobs."""
    found = stacks(FOLDER)
    line = f"stacks={json.dumps(found)}"
    print(line)
    if output := os.environ.get("GITHUB_OUTPUT"):
        with Path(output).open("a") as file:
            file.write(f"{line}\n")
    return 0


def stacks(folder: Path) -> list[str]:
    """The names of the stacks that have a file there, without the samples."""
    names = {path.name.split(".")[1] for path in folder.glob("Pulumi.*.yaml")}
    return sorted(name for name in names - SAMPLES if NAME.fullmatch(name))
