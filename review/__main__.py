"""The command line: `python -m review --help`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from review.comment import comment
from review.plan import PlanError, parse


def main(arguments: Sequence[str]) -> int:
    """Print the comment; returns the exit code, which does not depend on what the plan says."""
    options = _parser().parse_args(arguments)
    try:
        text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text()
        print(comment(parse(text)), end="")
    except (OSError, UnicodeDecodeError) as error:
        print(f"error: {options.file}: {error}", file=sys.stderr)
        return 1
    except PlanError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m review",
        description="Say in markdown what an update would do: what restarts Coder, what interrupts "
        "the database, what waits, what is refused, replaced, made and deleted, and what it costs. "
        "For example: pulumi preview --json | python -m review",
    )
    parser.add_argument(
        "file", nargs="?", default="-", help="what `pulumi preview --json` printed; - is the input"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
