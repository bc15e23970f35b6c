"""The changelog is in step with the contract of the stack's outputs."""

import re

from outputs import CONTRACT_VERSION, OUTPUTS
from tests.conftest import ROOT

NEWEST = (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1]


def test_newest_section_is_of_the_current_contract_version() -> None:
    assert NEWEST.startswith(f"contractVersion {CONTRACT_VERSION}\n")


def test_newest_section_lists_every_output() -> None:
    [listed] = re.findall(r"^Outputs: (.+?)\.$", NEWEST, re.MULTILINE | re.DOTALL)
    assert re.findall(r"`(\w+)`", listed) == list(OUTPUTS)
