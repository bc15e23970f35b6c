"""An image's archive holds what it is told to, and changes only with it."""

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


def test_every_image_has_a_name_and_a_configuration_of_its_own_and_one_layer_for_all(
    archive: Path,
) -> None:
    entries = json.loads(member(archive, "manifest.json"))
    told = {
        entry["RepoTags"][0]: json.loads(member(archive, entry["Config"]))["config"]["Env"][1]
        for entry in entries
    }
    assert told == {"example.com/tool:1": "VERSION=1", "example.com/tool:2": "VERSION=2"}
    assert len({tuple(entry["Layers"]) for entry in entries}) == 1


def test_the_layer_has_the_files_with_their_directories_before_them(archive: Path) -> None:
    (layer,) = json.loads(member(archive, "manifest.json"))[0]["Layers"]
    with tarfile.open(fileobj=io.BytesIO(member(archive, layer))) as tar:
        seen = [(entry.name, oct(entry.mode), entry.linkname) for entry in tar]
    assert seen == [
        ("bin", "0o755", ""),
        ("etc", "0o755", ""),
        ("tmp", "0o1777", ""),
        ("bin/other", "0o777", "tool"),
        ("bin/tool", "0o755", ""),
        ("etc/passwd", "0o644", ""),
    ]


def test_an_archive_is_written_anew_only_when_something_in_it_changed(archive: Path) -> None:
    before = archive.stat().st_mtime_ns
    write(archive, dict(sorted(FILES.items())), IMAGES)
    assert archive.stat().st_mtime_ns == before, "an order of files is no change"
    write(archive, {**FILES, "/etc/passwd": b"other\n"}, IMAGES)
    assert archive.stat().st_mtime_ns > before
    assert list(archive.parent.iterdir()) == [archive], "a half-written file is left behind"
