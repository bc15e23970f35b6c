"""Text that others wrote, such as names and messages, as markdown that cannot be anything else.

Inside a code span or a fenced block, GitHub renders no link, mention, image or HTML
(https://github.github.com/gfm/#code-spans).
"""

import re
from collections.abc import Iterable, Sequence

NAME_LENGTH = 200
BLOCK_LENGTH = 6000
"""GitHub takes comments of up to 65,536 characters."""
LIST_LENGTH = 40


def code(text: object) -> str:
    """The text in a code span, on one line."""
    clean = _printable(str(text).replace("\n", " "))[:NAME_LENGTH].strip() or "?"
    fence = "`" * (_longest_run(clean) + 1)
    # A span that begins or ends with a backtick needs a space, which is not rendered.
    space = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{space}{clean}{space}{fence}"


def block(text: str) -> str:
    """The text in a fenced block."""
    lines = [_printable(line) for line in text.strip().split("\n")]
    clean = "\n".join(lines)[:BLOCK_LENGTH]
    fence = "`" * max(3, _longest_run(clean) + 1)
    return f"{fence}text\n{clean}\n{fence}"


def listed(items: Sequence[str]) -> str:
    """One line for each item, and one that counts those left out."""
    lines = [f"- {item}" for item in items[:LIST_LENGTH]]
    left = len(items) - LIST_LENGTH
    if left > 0:
        lines.append(f"- and {left} more, in the preview's log")
    return "\n".join(lines)


def section(title: str, items: Iterable[str]) -> list[str]:
    """The section as paragraphs; none without items."""
    found = list(items)
    return [f"**{title}**", listed(found)] if found else []


def _printable(text: str) -> str:
    """Without control characters and those that change the direction of writing."""
    return "".join(char if char.isprintable() else " " for char in text)


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
