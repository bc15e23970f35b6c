"""The tables of settings and outputs match Pulumi.yaml and the program."""

import re
from typing import Any

import yaml

from outputs import OUTPUTS
from tests.conftest import ROOT


def test_settings_table_matches_the_schema() -> None:
    table = re.search(
        r"<!-- settings.*?-->\n(.*?)<!-- /settings -->", _text("docs/settings.md"), re.DOTALL
    )
    assert table, "docs/settings.md has no settings table"
    assert table.group(1) == settings_table(), f"paste this instead:\n{settings_table()}"


def test_outputs_table_matches_the_outputs() -> None:
    table = re.search(r"<!-- outputs.*?-->\n(.*?)<!-- /outputs -->", _text("README.md"), re.DOTALL)
    assert table, "the README has no table of outputs"
    assert table.group(1) == outputs_table(), f"paste this instead:\n{outputs_table()}"


def outputs_table() -> str:
    """The README's table of outputs, generated from `outputs.py`."""
    rows = ["| output | what it is |", "|---|---|"]
    rows += [f"| `{name}` | {description} |" for name, (_, description) in OUTPUTS.items()]
    return "\n".join(rows) + "\n"


def settings_table() -> str:
    """The settings table, generated from `config` in Pulumi.yaml."""
    schema: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    rows = ["| key | type, default | meaning |", "|---|---|---|"]
    for key, field in schema.items():
        if ":" in key:
            continue  # not a setting of the program: `pulumi new` adds `pulumi:tags`
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
