"""The documents name only files and folders that exist, and link to each other correctly."""

import re
from pathlib import Path

import pytest

from components.clouds import CLOUDS
from tests.conftest import ROOT

DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
NAMED = re.compile(r"`([\w.<>*-]+/(?:[\w.<>*/-]+(?:/|\.(?:in|md|pem|py|sh|txt|yaml)))?)`")
"""A folder, or a file in one; `<cloud>` stands for each cloud."""
each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS]
)


@each_document
def test_named_paths_exist(document: Path) -> None:
    named = NAMED.findall(document.read_text())
    paths = [path.replace("<cloud>", cloud) for path in named for cloud in CLOUDS]
    assert not [path for path in paths if not any(ROOT.glob(path))]


@each_document
def test_links_lead_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert not [link for link in links if not (document.parent / link).exists()]
