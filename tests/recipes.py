"""Types the commands of the runbook's recipes as they are written, with names of a test's own."""

import dataclasses
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import ROOT
from tests.documents import shell_blocks

RUNBOOK = ROOT / "docs" / "runbook.md"
PULUMI = """\
#!/bin/sh
# The Pulumi CLI on one stack, as if it were selected; the answer to each question is yes.
case " $* " in *" --stack "*) exec {real} "$@" ;; esac
command=$1
case $command in
  destroy | import | refresh | up) set -- "$@" --yes --skip-preview ;;
  state) set -- "$@" --yes ;;
esac
case $command in
  config | destroy | import | preview | refresh | up) set -- "$@" {settings} ;;
esac
exec {pulumi} "$@" --stack {stack}
"""


def recipes() -> dict[str, str]:
    """The text of each recipe, by its title."""
    chapter = RUNBOOK.read_text().split("\n## Recipes\n")[1].split("\n## ")[0]
    titled = re.split(r"^### (.+)\n", chapter, flags=re.MULTILINE)[1:]
    return dict(zip(titled[::2], titled[1::2], strict=True))


def lines(title: str, block: int, names: Mapping[str, str]) -> list[str]:
    """The commands of a recipe's block; each of the names must be in it."""
    text = shell_blocks(recipes()[title])[block]
    for name in names:
        assert name in text, f"{title}: the commands do not contain {name}"
    if names:
        longest_first = sorted(names, key=len, reverse=True)
        pattern = "|".join(map(re.escape, longest_first))
        text = re.sub(pattern, lambda found: names[found[0]], text)
    return [line for line in text.splitlines() if line.strip()]


@dataclasses.dataclass(frozen=True)
class Typist:
    """Types commands in a folder, where `pulumi` is the CLI on one stack."""

    folder: Path
    environment: Mapping[str, str]
    stack: str
    programs: Path
    """An empty folder, for a `pulumi` that comes before the others on the PATH."""
    pulumi: tuple[str, ...] = ()
    """What runs the CLI, if not the one on the PATH."""
    settings: tuple[str, ...] = ()
    """Options that name the stack's file."""

    def type(
        self, title: str, names: Mapping[str, str], *, block: int, fails: str, typed: str
    ) -> str:
        """Type a block of a recipe; all commands but the one that `fails` must succeed."""
        self._install()
        said = ""
        for line in lines(title, block, names):
            done = self._run(line, typed)
            said += f"$ {line}\n{done.stdout}"
            expected = bool(fails) and fails in line
            assert bool(done.returncode) == expected, said
            assert "Traceback" not in done.stdout, said
        return said

    def _run(self, line: str, typed: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.programs}:{self.environment['PATH']}"
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env={**self.environment, "PATH": path, "NO_COLOR": "1"},
            input=typed,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
        )

    def _install(self) -> None:
        self.programs.mkdir(exist_ok=True)
        real = shutil.which("pulumi", path=self.environment["PATH"])
        assert real, "pulumi is not built"
        file = self.programs / "pulumi"
        text = PULUMI.format(
            real=real,
            pulumi=shlex.join(self.pulumi or (real,)),
            settings=shlex.join(self.settings),
            stack=self.stack,
        )
        file.write_text(text)
        file.chmod(0o755)
