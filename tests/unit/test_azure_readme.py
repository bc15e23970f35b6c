"""The documents on Azure: sizes and names are those of the program."""

import re

from components.azure import ids, machines
from components.azure.names import server_name
from tests.conftest import ROOT
from tests.unit.azure import CLUSTER_ID


def document(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text()


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in a text."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_sizes_are_those_of_the_program() -> None:
    text = document("azure").split("## Sizes")[1].split("## Where it goes")[0]
    _, *cells = rows(text)
    found = {size.strip("`"): others[:3] for size, *others in cells}
    assert found.keys() == machines.SIZES.keys()
    for size, (sku, shape, connections) in found.items():
        assert sku == machines.SIZES[size]
        assert shape.endswith(f", {machines.memory_gib(sku)} GiB")
        usable = (machines.max_connections(sku) or 0) - machines.RESERVED
        assert connections == f"{usable:,}"


def test_names_of_servers_have_the_form_that_the_program_gives_them() -> None:
    [restored] = re.findall(r"restoreFrom\.server (\S+)", document("runbook"))
    texts = f"{restored} {document('sandbox').split('## Azure')[1]}"
    found = re.findall(r"\bcoder-[a-z-]+-[0-9a-f]{8}\b", texts)
    assert len(found) > 1
    made = (
        server_name(f"coder/{stack}", ids.parse(CLUSTER_ID), "x") for stack in ("prod", "azure")
    )
    assert {name[:-8] for name in found} == {name[:-8] for name in made}
