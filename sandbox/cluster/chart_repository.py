"""The Helm repository: every version of the stand-in charts, packaged and served over HTTP."""

import copy
import gzip
import hashlib
import io
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from sandbox.machine import network, paths, services

SOURCES = paths.ROOT / "sandbox" / "charts"
FLAVOURS = ("classic", "v2")

_KUBE_VERSIONS = {
    "classic": (
        ("1.22.0", ">= 1.19.0-0"),
        ("1.27.0", ">= 1.20.0-0"),
        ("1.27.3", ">= 1.19.0-0"),
        ("1.28.0", ">= 1.21.0-0"),
        ("1.28.1", ">= 1.19.0-0"),
    ),
    "v2": (("2.0.0", ">= 1.19.0-0"),),
}
"""The first chart version with each `kubeVersion`; older charts have no `kubeVersion`."""
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""In C, where PyYAML has it: some hundred charts are packaged whenever the sandbox starts."""
_CREATED = "2024-01-12T00:00:00Z"
"""Helm requires a date; a fixed one makes packaging reproducible."""


def versions(flavour: str) -> list[str]:
    """All versions of a chart, oldest first."""
    return (SOURCES / flavour / "versions.txt").read_text().split()


def build() -> None:
    """Package the charts into CHARTS; files that would not change are not written."""
    for flavour in FLAVOURS:
        directory = paths.CHARTS / flavour
        directory.mkdir(parents=True, exist_ok=True)
        templates, values = _templates(flavour), _Values(flavour)
        entries = [
            _package(directory, flavour, version, templates | {"values.yaml": values.of(version)})
            for version in versions(flavour)
        ]
        _write(directory / "index.yaml", _dump(_index(entries)))


def service() -> services.Service:
    """The HTTP server of the packaged charts."""
    return services.Service(
        name="charts",
        command=services.python_command("sandbox.cluster.chart_repository"),
        ready=f"tcp://{network.GATEWAY}:{network.CHARTS_PORT}",
    )


def serve() -> None:
    """Serve the packaged charts until killed."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(paths.CHARTS))
    ThreadingHTTPServer((network.GATEWAY, network.CHARTS_PORT), handler).serve_forever()


class _Values:
    """The values.yaml of each version: the newest one without the keys that came later."""

    def __init__(self, flavour: str) -> None:
        self._newest = _load(SOURCES / flavour / "values.yaml")
        lines = (SOURCES / flavour / "keys.tsv").read_text().splitlines()
        self._keys = [line.split("\t") for line in lines if not line.startswith("#")]

    def of(self, version: str) -> bytes:
        """The text of that version's file."""
        values = copy.deepcopy(self._newest)
        for key, first, *without in self._keys:
            numbers = _version_numbers(version)
            if numbers < _version_numbers(first) or version in " ".join(without).split():
                *path, last = key.split(".")
                section = values
                for part in path:
                    section = section.get(part, {})
                section.pop(last, None)
        return _dump(values)


def _templates(flavour: str) -> dict[str, bytes]:
    source = SOURCES / flavour
    paths_in_chart = sorted((source / "templates").iterdir())
    return {str(path.relative_to(source)): path.read_bytes() for path in paths_in_chart}


def _package(
    directory: Path, flavour: str, version: str, files: dict[str, bytes]
) -> dict[str, Any]:
    metadata = _metadata(flavour, version)
    archive = _archive(metadata["name"], {"Chart.yaml": _dump(metadata), **files})
    name = f"{metadata['name']}-{version}.tgz"
    _write(directory / name, archive)
    digest = hashlib.sha256(archive).hexdigest()
    return {**metadata, "created": _CREATED, "digest": digest, "urls": [name]}


def _metadata(flavour: str, version: str) -> dict[str, Any]:
    metadata = _load(SOURCES / flavour / "Chart.yaml")
    metadata |= {"version": version, "appVersion": version}
    constraints = [
        constraint
        for first, constraint in _KUBE_VERSIONS[flavour]
        if _version_numbers(first) <= _version_numbers(version)
    ]
    return metadata | ({"kubeVersion": constraints[-1]} if constraints else {})


def _version_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _index(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "generated": _CREATED, "entries": {"coder": entries[::-1]}}


def _archive(root: str, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def _dump(data: dict[str, Any]) -> bytes:
    return yaml.dump(data, Dumper=_DUMPER, sort_keys=True).encode()


def _write(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    temporary = path.with_suffix(".new")
    temporary.write_bytes(content)
    temporary.replace(path)


if __name__ == "__main__":
    build()
    serve()
