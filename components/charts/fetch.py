"""Fetches the pinned version of the chart, and makes sure that it is the right one."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

from components.charts import archive, cache
from components.charts.archive import ArchiveError, ChartArchive
from components.charts.base import Chart
from components.charts.classic import Classic
from components.charts.download import Downloads, NotFound
from components.charts.repository import OCI, ChartRepository
from components.charts.v2 import V2
from components.server.discovery import DiscoveryFailed

CHART = "coder"
SHOWN_VERSIONS = 3
"""How many of a repository's versions the error names where the pinned one is missing."""
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
"""The media types of a chart in a registry, and of its archive."""


def fetch(repository: ChartRepository, chart: Chart) -> ChartArchive:
    """That version of the chart; raises DiscoveryFailed with one line."""
    version = str(chart)
    name = f"{CHART}-{version}"
    with Downloads(repository) as downloads:
        find = _in_registry if repository.is_registry else _in_index
        digest, download = find(downloads, version)
        try:
            content = cache.content(digest, download) if digest else download()
            found = archive.read(content, cache.sha256(content))
        except NotFound:
            raise downloads.failure(f"names {name}, but does not have it") from None
        except cache.WrongDigest as actual:
            raise downloads.failure(
                f"serves another {name} than it names: its SHA-256 is {actual}, must be {digest}"
            ) from None
        except ArchiveError as error:
            raise downloads.failure(f"serves a {name} that is no chart: {error}") from None
        if problem := _problem(found, chart):
            raise downloads.failure(
                f"serves {problem} as {name}; set it to a mirror of {chart.default_repository}"
            )
    return found


def _problem(found: ChartArchive, chart: Chart) -> str:
    """What the archive holds, if it is not that chart in that version."""
    if (found.name, found.version.removeprefix("v")) != (CHART, str(chart)):
        return f"{found.name} {found.version}"
    sections = {each.section: each.flavour for each in (Classic, V2)}
    flavours = [flavour for key, flavour in sections.items() if key in found.values]
    if flavours == [chart.flavour]:
        return ""
    return f"the {flavours[0]} chart" if flavours else "a chart that is not Coder's"


def _in_index(downloads: Downloads, version: str) -> tuple[str, Callable[[], bytes]]:
    """The digest, if the index has one, and what downloads the version that an index names."""
    base = downloads.repository.url.rstrip("/") + "/"
    entries = _entries(downloads, base)
    entry = next((each for each in entries if _version(each) == version), None)
    if entry is None:
        names = ", ".join(_version(each) for each in entries[:SHOWN_VERSIONS])
        raise DiscoveryFailed(
            [
                f"chartVersion: {downloads.repository.url} has no chart {CHART} {version}"
                + (f", only {names} and other versions" if names else "")
            ]
        )
    urls = entry.get("urls")
    url = urljoin(base, str(urls[0])) if isinstance(urls, list) and urls else ""
    if urlsplit(url).scheme not in ("http", "https"):
        raise downloads.failure(f"has no http(s) address for {CHART} {version} in its index")
    digest = str(entry.get("digest") or "").removeprefix("sha256:").lower()
    return digest, lambda: downloads.get(url)


def _entries(downloads: Downloads, base: str) -> list[dict[str, Any]]:
    """What the index has of the chart."""
    try:
        text = downloads.get(urljoin(base, "index.yaml"))
    except NotFound:
        raise downloads.failure("has no index.yaml, so it is no chart repository") from None
    try:
        entries = archive.mapping(text)["entries"].get(CHART) or []
        return [entry for entry in entries if isinstance(entry, dict)]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise downloads.failure("has an index.yaml that is no index of charts") from None


def _version(entry: dict[str, Any]) -> str:
    return str(entry.get("version")).removeprefix("v")


def _in_registry(downloads: Downloads, version: str) -> tuple[str, Callable[[], bytes]]:
    """The digest, and what downloads the version that a manifest names."""
    url = downloads.repository.url
    host, _, path = f"{url.removeprefix(OCI).rstrip('/')}/{CHART}".partition("/")
    base = f"https://{host}/v2/{path}"
    try:
        manifest: Any = json.loads(downloads.get(f"{base}/manifests/{version}", MANIFEST))
        [digest] = [each["digest"] for each in manifest["layers"] if each["mediaType"] == LAYER]
    except NotFound:
        raise DiscoveryFailed(
            [
                f"chartVersion: {url} has no chart {CHART} {version}; a registry's address ends "
                "before the chart's name"
            ]
        ) from None
    except (ValueError, KeyError, TypeError):
        raise downloads.failure(f"has a {CHART} {version} that is no Helm chart") from None
    blob = f"{base}/blobs/{digest}"
    return str(digest).removeprefix("sha256:"), lambda: downloads.get(blob)
