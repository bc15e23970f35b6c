"""The changelog is in step with the contract of the stack's outputs."""

import re

from tests.conftest import ROOT

MAIN = (ROOT / "__main__.py").read_text()
NEWEST = (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1]


def test_newest_section_is_of_the_current_contract_version() -> None:
    [version] = re.findall(r"^CONTRACT_VERSION = (\d+)$", MAIN, re.MULTILINE)
    assert NEWEST.startswith(f"contractVersion {version}\n")


def test_newest_section_lists_every_output() -> None:
    [listed] = re.findall(r"^Outputs: (.+?)\.$", NEWEST, re.MULTILINE | re.DOTALL)
    assert re.findall(r"`(\w+)`", listed) == re.findall(r'pulumi\.export\("(\w+)"', MAIN)
