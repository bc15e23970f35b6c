"""Messages and questions to the user."""

import dataclasses
import sys


@dataclasses.dataclass(frozen=True, kw_only=True)
class Terminal:
    """The user's terminal, with the answers given as options."""

    yes: bool = False
    """Every question is answered with yes."""
    dry_run: bool = False
    """Nothing is changed."""

    def say(self, line: str) -> None:
        """Print a line at once."""
        print(line, flush=True)

    def agrees(self, question: str) -> bool:
        """Ask a question; without a terminal, only --yes is consent."""
        if self.yes:
            return True
        if not sys.stdin.isatty():
            self.say("Nothing was changed. Run it again with --yes to agree.")
            return False
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
