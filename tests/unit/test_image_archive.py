"""Image archives have the declared content and change only if it changes."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from sandbox.cluster.image_archive import Files, Image, Link, write

FILES: Files = {"/bin/tool": b"#!/bin/sh\n", "/etc/passwd": b"root\n", "/bin/other": Link("tool")}
IMAGES = [
    Image(reference=f"example.com/tool:{version}", environment={"VERSION": version})
    for version in ("1", "2")
]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "images" / "tool.tar"
    write(path, FILES, IMAGES)
    return path


def member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        file = tar.extractfile(name)
        assert file, name
        return file.read()


def test_images_of_an_archive_have_own_configurations_and_share_one_layer(archive: Path) -> None:
    entries = json.loads(member(archive, "manifest.json"))
    environments = {
        entry["RepoTags"][0]: json.loads(member(archive, entry["Config"]))["config"]["Env"][1]
        for entry in entries
    }
    assert environments == {"example.com/tool:1": "VERSION=1", "example.com/tool:2": "VERSION=2"}
    assert len({tuple(entry["Layers"]) for entry in entries}) == 1


def test_layer_has_all_files_after_their_parent_directories(archive: Path) -> None:
    (layer,) = json.loads(member(archive, "manifest.json"))[0]["Layers"]
    with tarfile.open(fileobj=io.BytesIO(member(archive, layer))) as tar:
        found = [(entry.name, oct(entry.mode), entry.linkname) for entry in tar]
    assert found == [
        ("bin", "0o755", ""),
        ("etc", "0o755", ""),
        ("tmp", "0o1777", ""),
        ("bin/other", "0o777", "tool"),
        ("bin/tool", "0o755", ""),
        ("etc/passwd", "0o644", ""),
    ]


def test_archive_is_written_only_if_its_content_changes(archive: Path) -> None:
    before = archive.stat().st_mtime_ns
    write(archive, dict(sorted(FILES.items())), IMAGES)
    assert archive.stat().st_mtime_ns == before, "the order of the files does not matter"
    write(archive, {**FILES, "/etc/passwd": b"other\n"}, IMAGES)
    assert archive.stat().st_mtime_ns > before
    assert list(archive.parent.iterdir()) == [archive], "a temporary file is left"
