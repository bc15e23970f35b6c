"""The stacks that the workflows preview, deploy and compare."""

import json
import os
import re
import sys
from pathlib import Path

SAMPLES = {"aws", "azure", "dev", "existing", "gcp"}
"""Files to copy, and the stack of `make up`; they have no environment of their own."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""What Pulumi accepts as the name of a stack, but for a hyphen that begins it, as options do."""
FOLDER = Path(__file__).parent.parent


def command() -> int:
    """Print the stacks, and hand them to the workflow's other jobs."""
    found = stacks(FOLDER)
    if refused := [name for name in found if not NAME.fullmatch(name)]:
        print(
            f"error: Pulumi.{refused[0]}.yaml: {refused[0]!r} can't be the name of a stack; rename "
            "the file: letters, digits, hyphens, underscores and periods",
            file=sys.stderr,
        )
        return 1
    line = f"stacks={json.dumps(found)}"
    print(line)
    if output := os.environ.get("GITHUB_OUTPUT"):
        with Path(output).open("a") as file:
            file.write(f"{line}\n")
    return 0


def stacks(folder: Path) -> list[str]:
    """The names of the stacks that have a file there, without the samples."""
    files = (path.name for path in folder.glob("Pulumi.*.yaml"))
    return sorted({name.removeprefix("Pulumi.").removesuffix(".yaml") for name in files} - SAMPLES)
