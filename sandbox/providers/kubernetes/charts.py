"""Charts and releases as data: where one comes from, what it is given, what became of it."""

from collections.abc import Mapping
from typing import Any

import pulumi
import yaml

from sandbox.providers.framework.provider import Failure
from sandbox.providers.kubernetes.shape import without_nulls


def source(inputs: Mapping[str, Any]) -> list[str]:
    """The chart and where it comes from."""
    found = [str(inputs["chart"]).strip()]
    options = inputs.get("repositoryOpts") or {}
    repository = options.get("repo") or ""
    if "://" in repository and not found[0].startswith("oci://"):
        found += ["--repo", repository]
    elif repository and "/" not in found[0]:
        found = [f"{repository}/{found[0]}"]
    if options.get("password"):
        raise Failure(
            "a repository that asks for a password is not available in the sandbox: helm's "
            "command line would show it to every user of this machine"
        )
    for name, flag in {"caFile": "ca", "certFile": "cert", "keyFile": "key"}.items():
        found += [f"--{flag}-file", options[name]] if options.get(name) else []
    if version := inputs.get("version"):
        found += ["--version", str(version).strip()]
    return found


def merged_values(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The values of all files and, over them, those of the program."""
    values: dict[str, Any] = {}
    for asset in inputs.get("valueYamlFiles") or []:
        if isinstance(asset, pulumi.FileAsset):
            with open(asset.path) as file:
                text = file.read()
        elif isinstance(asset, pulumi.StringAsset):
            text = asset.text
        else:
            raise Failure(f"unsupported type for 'valueYamlFiles' arg: {type(asset).__name__}")
        values = _merge(values, yaml.safe_load(text) or {})
    return _merge(values, inputs.get("values") or {})


def _merge(under: Any, over: Any) -> Any:
    if isinstance(under, dict) and isinstance(over, dict):
        merged = {key: _merge(under.get(key), value) for key, value in over.items()}
        return {**under, **merged}
    return over


def attributes(release: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the state says of a release besides its inputs."""
    chart = release["chart"]["metadata"]
    return {
        "values": without_nulls(_merge(inputs.get("values") or {}, release.get("config") or {})),
        "version": chart["version"],
        "resourceNames": _resource_names(release.get("manifest") or ""),
        "status": {
            "appVersion": chart.get("appVersion", ""),
            "chart": chart["name"],
            "name": release["name"],
            "namespace": release["namespace"],
            "revision": release["version"],
            "status": release["info"]["status"],
            "version": chart["version"],
        },
    }


def _resource_names(manifest: str) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for thing in yaml.safe_load_all(manifest):
        if not thing:
            continue
        group, _, _ = thing["apiVersion"].rpartition("/")
        kind = f"{thing['kind']}.{group}" if group else thing["kind"]
        metadata = thing["metadata"]
        namespace = metadata.get("namespace")
        name = f"{namespace}/{metadata['name']}" if namespace else metadata["name"]
        names.setdefault(f"{kind}/{thing['apiVersion']}", []).append(name)
    return {kind: sorted(found) for kind, found in names.items()}
