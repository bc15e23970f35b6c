"""The project's documents: their blocks of commands, and where their links lead."""

import re
from pathlib import Path

from tests.conftest import ROOT

FOLDERS = [
    path
    for path in ROOT.iterdir()
    if path.is_dir() and path.name != "venv" and not path.name.startswith(".")
]
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(
            path
            for folder in FOLDERS
            for path in folder.rglob("*.md")
            # policy/ and examples/consumer/ may have virtualenvs of their own.
            if "venv" not in path.relative_to(ROOT).parts
        ),
    ]
)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
"""A relative link: the file, which may be this one, and the anchor in it."""


def shell_blocks(text: str) -> list[str]:
    """The blocks of commands, also those that are indented in a list."""
    found = re.findall(r"^( *)```sh\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"(?m)^{indent}", "", block) for indent, block in found]


def anchors(text: str) -> set[str]:
    """What a link can lead to, as GitHub makes it from the headings."""
    found: dict[str, int] = {}
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    for heading in re.findall(r"^#+ +(.+?) *$", prose, re.MULTILINE):
        words = re.sub(r"\[(.+?)\]\(.*?\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found[name] = found.get(name, -1) + 1
        if found[name]:
            found[f"{name}-{found[name]}"] = 0
    return set(found)


def broken_links(document: Path) -> list[str]:
    """The relative links that lead nowhere."""
    broken = []
    for path, anchor in LINK.findall(document.read_text()):
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            broken.append(f"{path}#{anchor}" if anchor else path)
    return broken
