"""Names of servers and backups, made from the name of a stack."""

import re


def slug(text: str) -> str:
    """The text with a single hyphen for everything but letters and digits."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text)
