"""Takes into a stack's state what exists already, by the runbook and what previews print."""

import re
import shlex

from tests.sandbox.stack import Stack

COMMAND = re.compile(r"pulumi (import kubernetes:\S+ .*)")
FIRST = re.compile(r"pulumi up --target .*(?=\))")


def import_all(stack: Stack) -> list[list[str]]:
    """Run what previews print until one succeeds, beginning with an empty state; the imports."""
    printed = stack.fails("preview")
    first = FIRST.search(printed)
    assert first, printed
    assert first[0] in stack.follow("Take over what exists already")
    ran: list[list[str]] = []
    while commands := dict.fromkeys(COMMAND.findall(printed)):
        for words in map(shlex.split, commands):
            assert words not in ran, f"imported before: {words}\n{printed}"
            _run(stack, words)
            ran.append(words)
        printed = stack.run("preview").stdout
    return ran


def kinds(imports: list[list[str]]) -> set[str]:
    """The kinds of the imported objects."""
    return {words[1].rpartition(":")[2] for words in imports}


def _run(stack: Stack, words: list[str]) -> None:
    done = stack.run(*words, "--yes", "--skip-preview")
    assert done.returncode == 0, done.stdout
