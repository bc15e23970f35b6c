"""The comment on a pull request: one for each stack, written over at each push."""

import os
from collections.abc import Sequence

from ci.github import Repository, write_summary
from ci.preview import preview


def command(stack: str, pulumi: str, note: str, options: Sequence[str]) -> int:
    """Preview and comment; the exit code is 1 if an update would fail."""
    found = preview(stack, pulumi, options)
    text = f"{note}\n\n{found.text}" if note else found.text
    repository, number = Repository.of_workflow(), os.environ.get("PULL_REQUEST")
    if repository and number:
        repository.write_comment(number, f"<!-- coder-preview: {stack} -->", text)
    write_summary(text)
    return int(found.failed or found.violates)
