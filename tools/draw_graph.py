"""Draws what a stack has made, as a Mermaid flowchart: one box for each component, one arrow for
each dependency that does not follow from others.

    pulumi stack export --stack prod | venv/bin/python tools/draw_graph.py

With --write, the picture replaces the one in docs/how-it-works.md.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parent.parent / "docs" / "how-it-works.md"
PICTURE = re.compile(r"(<!-- picture.*?-->\n).*?(<!-- /picture -->)", re.DOTALL)
IDENTIFIER = re.compile(r"(?<=-)(sg|subnet|vpc)-\w+")
"""Names that the program takes from the account."""

Resource = Mapping[str, Any]
Needs = Mapping[str, set[str]]


def picture(resources: Sequence[Resource]) -> str:
    """The flowchart of a deployment's resources, which does not depend on their order."""
    shown = {each["urn"]: each for each in resources if not each["type"].startswith("pulumi:")}
    made = {urn for urn, each in shown.items() if each.get("custom")}
    needs = {urn: set(shown[urn].get("dependencies", ())) & made for urn in made}
    order = sorted(shown, key=lambda urn: (len(_all(urn, needs)), _name(urn)))
    arrows = [
        f"  {_id(need)} --> {_id(urn)}"
        for urn in order
        if urn in needs
        for need in order
        if need in _direct(urn, needs)
    ]
    boxes = _boxes(None, [shown[urn] for urn in order])
    return "\n".join(["```mermaid", "flowchart TB", *boxes, *arrows, "```", ""])


def _boxes(parent: str | None, shown: Sequence[Resource], indent: str = "  ") -> Iterable[str]:
    """The components and resources of a parent; None: those of the stack."""
    urns = {each["urn"] for each in shown}
    for each in shown:
        above = each.get("parent") if each.get("parent") in urns else None
        if above != parent:
            continue
        urn, kind = each["urn"], each["type"]
        if each.get("custom"):
            yield f'{indent}{_id(urn)}["{kind.rpartition(":")[2]}<br>{_name(urn)}"]'
        else:
            yield f'{indent}subgraph {_id(urn)} ["{_name(urn)} ({kind})"]'
            yield from _boxes(urn, shown, f"{indent}  ")
            yield f"{indent}end"


def _direct(urn: str, needs: Needs) -> set[str]:
    """The dependencies that no other dependency has already."""
    return needs[urn] - set().union(*(_all(need, needs) for need in needs[urn]))


def _all(urn: str, needs: Needs) -> set[str]:
    """What a resource depends on, directly or not; a component depends on nothing."""
    own = needs.get(urn, set())
    return own.union(*(_all(need, needs) for need in own))


def _name(urn: str) -> str:
    return IDENTIFIER.sub(r"\1-…", urn.rpartition("::")[2])


def _id(urn: str) -> str:
    """A node's name: begins with the kind, as some words are Mermaid's own."""
    kind = urn.split("::")[2].rpartition(":")[2]
    return re.sub(r"\W", "_", f"{kind}_{_name(urn)}")


def write(drawn: str, document: Path) -> None:
    """Replace the picture of a document."""
    text, replaced = PICTURE.subn(lambda found: found[1] + drawn + found[2], document.read_text())
    if not replaced:
        sys.exit(f"{document} has no line `<!-- picture … -->` with `<!-- /picture -->` after it")
    document.write_text(text)


def main() -> None:
    """Read the state from the standard input."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help=f"change {DOCUMENT.name}")
    arguments = parser.parse_args()
    drawn = picture(json.load(sys.stdin)["deployment"]["resources"])
    if arguments.write:
        write(drawn, DOCUMENT)
    else:
        print(drawn, end="")


if __name__ == "__main__":
    main()
