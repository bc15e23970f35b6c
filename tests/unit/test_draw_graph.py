"""The picture of a stack: components as boxes, and only the dependencies that matter."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.aws import Aws
from tools import draw_graph

URN = "urn:pulumi:dev::coder::"


def resource(kind: str, name: str, *needs: str, parent: str = "", custom: bool = True) -> Any:
    dependencies = [URN + need for need in needs]
    found = {"urn": f"{URN}{kind}::{name}", "type": kind, "custom": custom}
    return found | {"parent": parent, "dependencies": dependencies}


STACK = resource("pulumi:pulumi:Stack", "coder-dev", custom=False)
BOX = resource("coder:aws:Postgres", "postgres", parent=STACK["urn"], custom=False)
FIRST = resource("aws:ec2:Group", "a", parent=BOX["urn"])
SECOND = resource("aws:ec2:Rule", "from-sg-0c1a57", "aws:ec2:Group::a", parent=BOX["urn"])
THIRD = resource("aws:rds:Instance", "c", "aws:ec2:Group::a", "aws:ec2:Rule::from-sg-0c1a57")
PICTURE = """\
```mermaid
flowchart TB
  subgraph Postgres_postgres ["postgres (coder:aws:Postgres)"]
    Group_a["Group<br>a"]
    Rule_from_sg__["Rule<br>from-sg-…"]
  end
  Instance_c["Instance<br>c"]
  Group_a --> Rule_from_sg__
  Rule_from_sg__ --> Instance_c
```
"""


@pytest.mark.parametrize("order", [1, -1])
def test_picture_has_boxes_and_the_arrows_that_do_not_follow_from_others(order: int) -> None:
    resources = [STACK, BOX, FIRST, SECOND, THIRD][::order]
    assert draw_graph.picture(resources) == PICTURE


def test_picture_is_written_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    document.write_text("before\n<!-- picture: x -->\nold\n<!-- /picture -->\nafter\n")
    draw_graph.write(PICTURE, document)
    marked = f"before\n<!-- picture: x -->\n{PICTURE}<!-- /picture -->\nafter\n"
    assert document.read_text() == marked
    document.write_text("no marks\n")
    with pytest.raises(SystemExit, match="has no line"):
        draw_graph.write(PICTURE, document)


def test_picture_in_the_documents_is_of_what_the_program_registers() -> None:
    """tests/sandbox/test_aws_v2.py compares it with the state of a real stack."""
    cloud = Aws()
    cloud.run(chartVersion="2.38.8")
    registered = [
        {
            "urn": each.urn,
            "type": each.type,
            "custom": not each.type.startswith("coder:"),
            "parent": each.parent,
            "dependencies": each.dependencies,
        }
        for each in cloud.asked
    ]
    drawn = draw_graph.picture(registered)
    assert drawn in draw_graph.DOCUMENT.read_text(), f"paste this instead:\n{drawn}"
