"""The sample stack files, with what is optional in them."""

import re
from pathlib import Path

_OPTION = re.compile(r"^( +)# (?=[\w-]+:|  )", re.MULTILINE)
"""The begin of a line that is an option or a part of one, and no sentence."""


def with_options(file: Path) -> str:
    """The file with every option in force."""
    return _OPTION.sub(r"\1", file.read_text())
