"""The documents name only files and folders that exist, and link to each other correctly."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
NAMED = re.compile(r"`([\w.<>*-]+/(?:[\w.<>*/-]+(?:/|\.(?:in|md|pem|py|sh|txt|yaml)))?)`")
"""A folder, or a file in one; `<cloud>` stands for a cloud's name."""
each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS]
)


@each_document
def test_named_paths_exist(document: Path) -> None:
    named = NAMED.findall(document.read_text())
    assert not [path for path in named if not any(ROOT.glob(path.replace("<cloud>", "*")))]


@each_document
def test_links_lead_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert not [link for link in links if not (document.parent / link).exists()]


def test_architecture_names_every_folder_of_the_program_and_the_sandbox() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    parents = [ROOT / "components", ROOT / "sandbox"]
    modules = {path.parent for parent in parents for path in parent.glob("*/*.py")}
    folders = [f"`{path.relative_to(ROOT)}/`" for path in modules]
    assert not [folder for folder in folders if folder not in text]
