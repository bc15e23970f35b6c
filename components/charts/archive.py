"""A chart's archive, of which two files are read in memory; nothing is unpacked."""

import dataclasses
import gzip
import io
import tarfile
import zlib
from typing import Any

import yaml

from components import yaml_text
from components.charts.values import Values

LIMIT_BYTES = 100 * 2**20
"""Unpacked; published charts have less than one MiB."""


class ArchiveError(Exception):
    """The content is no chart; the message says why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChartArchive:
    """One version of a chart, as its repository serves it."""

    name: str
    version: str
    digest: str
    """SHA-256 of the content, in hexadecimal."""
    values: Values
    """The chart's own values.yaml."""
    content: bytes = dataclasses.field(repr=False)


def read(content: bytes, digest: str) -> ChartArchive:
    """The chart in a .tgz file; raises ArchiveError."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            unpacked = packed.read(LIMIT_BYTES + 1)
        if len(unpacked) > LIMIT_BYTES:
            raise ArchiveError(f"it unpacks to more than {LIMIT_BYTES // 2**20} MiB")
        with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
            metadata, values = (_mapping(archive, name) for name in ("Chart.yaml", "values.yaml"))
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise ArchiveError("it is no .tgz file") from error
    return ChartArchive(
        name=str(metadata.get("name")),
        version=str(metadata.get("version")),
        digest=digest,
        values=values,
        content=content,
    )


def _mapping(archive: tarfile.TarFile, name: str) -> dict[str, Any]:
    """The file of that name in the chart's folder, as YAML."""
    found = [each for each in archive if each.name.removeprefix("./").split("/")[1:] == [name]]
    file = archive.extractfile(found[0]) if found else None
    if file is None:
        raise ArchiveError(f"it has no {name}")
    try:
        return mapping(file.read())
    except ValueError as error:
        raise ArchiveError(f"its {name} is no YAML mapping") from error


def mapping(text: bytes) -> dict[str, Any]:
    """The YAML mapping in a text; raises ValueError if it holds something else."""
    try:
        data = yaml_text.parse(text)
    except yaml.YAMLError as error:
        raise ValueError("no YAML") from error
    if not isinstance(data, dict):
        raise ValueError("no mapping")
    return data
