"""The access URL that Coder has from a ConfigMap of the user's."""

from collections.abc import Iterator

from components.charts.values import Values, at
from components.coder.args import CoderArgs


def configured_url(args: CoderArgs, namespace: str, warnings: list[str]) -> str:
    """The URL in a ConfigMap; empty, with a warning, where it may be in a Secret."""
    name = args.exposure.chart.entry.access_url
    for kind, source, key in _sources(args, name):
        if kind == "Secret":
            warnings.append(
                f"accessUrl: Coder may have {name} from Secret {namespace}/{source}, which this "
                "program does not read; type `pulumi config set accessUrl …`"
            )
            return ""
        found = args.spec.cluster.config_map(namespace, source) or {}
        if url := (found.get("data") or {}).get(key):
            return str(url)
    return ""


def _sources(args: CoderArgs, name: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name and key of each object, the one that takes precedence first."""
    variable: Values = args.exposure.url_variable
    for kind, path in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if reference := at(variable, f"valueFrom.{path}"):
            yield kind, str(reference.get("name")), str(reference.get("key"))
    for each in reversed(args.exposure.url_sources):
        prefix = str(each.get("prefix") or "")
        if not name.startswith(prefix):
            continue
        for kind, path in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if source := at(each, f"{path}.name"):
                yield kind, str(source), name.removeprefix(prefix)
