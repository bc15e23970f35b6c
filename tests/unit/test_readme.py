"""The tables of settings and outputs match Pulumi.yaml and the program."""

import re
from typing import Any

import yaml

from tests.conftest import ROOT


def test_settings_table_matches_the_schema() -> None:
    table = re.search(
        r"<!-- settings.*?-->\n(.*?)<!-- /settings -->", _text("docs/settings.md"), re.DOTALL
    )
    assert table, "docs/settings.md has no settings table"
    assert table.group(1) == settings_table(), f"paste this instead:\n{settings_table()}"


def test_outputs_table_lists_every_output() -> None:
    exported = re.findall(r'pulumi\.export\("(\w+)"', (ROOT / "__main__.py").read_text())
    section = _text("README.md").split("\n## Outputs\n")[1].split("\n## ")[0]
    cells = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert named == set(exported)


def settings_table() -> str:
    """The settings table, generated from `config` in Pulumi.yaml."""
    schema: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    rows = ["| key | type, default | meaning |", "|---|---|---|"]
    for key, field in schema.items():
        rows.append(f"| `{key}` | {field['type']}, {_default(field)} | {field['description']} |")
    return "\n".join(rows) + "\n"


def _default(field: dict[str, Any]) -> str:
    if "default" not in field:
        return "required"
    default = field["default"]
    if isinstance(default, bool):
        default = str(default).lower()
    return f'`"{default}"`' if default == "" else f"`{default}`"


def _text(document: str) -> str:
    return (ROOT / document).read_text()
