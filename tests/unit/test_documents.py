"""The documents name only files and folders that exist, and link to each other correctly."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.documents import DOCUMENTS, LINK, anchors, broken_links

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
def test_links_lead_to_a_file_and_to_a_heading_in_it(document: Path) -> None:
    assert not broken_links(document)


@pytest.mark.parametrize("link", ["missing.md", "#missing", "other.md#missing", "#code"])
def test_broken_links_are_found(link: str, tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    other = "[a](#heading-1) [b](other.md#a-clouds-folder) [c](https://example.com/missing.md)"
    document.write_text(f"# Heading\n\n## Heading\n\n```sh\n# code\n```\n{other} [d]({link})\n")
    (tmp_path / "other.md").write_text("### A cloud's `folder`\n")
    assert broken_links(document) == [link]


def test_readme_leads_to_every_document() -> None:
    readme = ROOT / "README.md"
    linked = {(ROOT / path).resolve() for path, _ in LINK.findall(readme.read_text())}
    assert set(DOCUMENTS) - {readme} <= linked


def test_every_document_has_one_title_and_no_heading_twice() -> None:
    for document in DOCUMENTS:
        text = document.read_text()
        assert text.startswith("# "), document
        doubles = [name for name in anchors(text) if re.search(r"-\d$", name)]
        assert document.name == "CHANGELOG.md" or not doubles, document


def test_architecture_names_every_folder_of_the_program_and_the_sandbox() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    parents = [ROOT / "components", ROOT / "sandbox"]
    modules = {path.parent for parent in parents for path in parent.glob("*/*.py")}
    folders = [f"`{path.relative_to(ROOT)}/`" for path in modules]
    assert not [folder for folder in folders if folder not in text]
