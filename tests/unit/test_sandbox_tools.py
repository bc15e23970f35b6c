"""The Go modules from which the sandbox builds its programs."""

import itertools
import re

import pytest

from sandbox.tools.programs import MODULES

SHARED = ("helm", "kubernetes", "pulumi-kubernetes")
"""Built from many of the same packages; pulumi needs newer versions of them."""


def versions(name: str) -> dict[str, str]:
    """The version of each module that a go.mod requires or replaces."""
    text = (MODULES / name / "go.mod").read_text()
    required = re.findall(r"(?m)^\s+(\S+) (v\S+)", text)
    replaced = re.findall(r"(?m)^replace (\S+) => \S+ (v\S+)", text)
    return dict(required) | dict(replaced)


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(SHARED, 2)))
def test_shared_modules_have_one_version(one: str, other: str) -> None:
    first, second = versions(one), versions(other)
    assert len(first) > 50
    differing = {name for name in first.keys() & second.keys() if first[name] != second[name]}
    assert not differing, "each version is compiled by itself, which takes minutes"
