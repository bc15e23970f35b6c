"""The labels of Cloud SQL instances."""

import hashlib
import re

from components.server.policy import LabelPolicy

LONGEST_LABEL = 63


def spelled(stack: str) -> str:
    """The stack as a label's value: lower-case letters, digits, `-` and `_`, at most 63.

    `/` becomes `__`, any other character `_` and its hexadecimal bytes, so that no two stacks have
    the same label. A long name keeps its end, after a digest that begins with `_-`, which no short
    name has.
    """
    text = "".join(map(_escaped, stack))
    if len(text) <= LONGEST_LABEL:
        return text
    digest = hashlib.sha256(stack.encode()).hexdigest()[:24]
    return f"_-{digest}-{text[-36:]}"


def _escaped(character: str) -> str:
    if re.fullmatch("[a-z0-9-]", character):
        return character
    return "__" if character == "/" else f"_{character.encode().hex()}"


LABELS = LabelPolicy(
    name=re.compile("[a-z][a-z0-9_-]{0,62}"),
    value=re.compile(f"[a-z0-9_-]{{0,{LONGEST_LABEL}}}"),
    rule="a name of 1 to 63 and a value of up to 63 lower-case letters, digits, - or _; a name "
    "begins with a letter",
    reserved=re.compile("goog"),
    most=62,
    stack="coder-stack",
    zone="coder-zone",
    spelled=spelled,
)
