"""Helm charts are pinned: the same update installs the same chart everywhere."""

import re
from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from .policies import Properties, resource_policy
from .values import at
from .workloads import CHART, RELEASE

EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")
ELSEWHERE = re.compile(r"(oci|https?)://|\.{0,2}/")
"""A chart that is named by its address or its file."""
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


def check(args: ResourceValidationArgs) -> Iterator[str]:
    """One line for each thing that lets a release take another chart than the one reviewed."""
    if args.resource_type == RELEASE:
        yield from _problems(args.props)
    elif CHART.fullmatch(args.resource_type):
        yield (
            "a Chart shows policies neither its chart nor its version and values; install it as a "
            "Release (kubernetes:helm.sh/v3:Release)"
        )


def _problems(inputs: Properties) -> Iterator[str]:
    version, chart = at(inputs, "version"), str(at(inputs, "chart", ""))
    if version is None:
        if not DIGEST.search(chart):
            yield "version: is not set, so the newest is installed; set it (setting chartVersion)"
    elif not EXACT.fullmatch(version):
        yield f"version: is {version}; set it to one version, such as 1.2.3 (setting chartVersion)"
    if at(inputs, "devel"):
        yield "devel: is true, which installs versions before their release; remove it"
    # Iterating reads no value: the repository's address may be unknown at preview.
    if "repo" not in set(at(inputs, "repositoryOpts", {})) and not ELSEWHERE.match(chart):
        yield (
            "repositoryOpts.repo: is not set, so the repositories of the machine decide which "
            "chart it is; set it (setting chartRepository)"
        )


POLICY = resource_policy("pinned-chart", "A Helm chart is pinned.", check)
