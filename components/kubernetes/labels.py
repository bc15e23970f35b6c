"""The syntax of labels and annotations: the API server checks it only when it gets an object."""

import re
from collections.abc import Iterator, Mapping

# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_NAME = re.compile(r"[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", re.ASCII)
SUBDOMAIN = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)
"""The name of most objects, and the prefix of a key."""


def label_problems(setting: str, labels: Mapping[str, str]) -> Iterator[str]:
    """One line for each label whose key or value the API server would refuse."""
    yield from key_problems(setting, labels)
    for key, value in labels.items():
        if value and not _NAME.fullmatch(value):
            yield (
                f'{setting}["{key}"]: is "{value}", must be at most 63 of A-Z, a-z, 0-9, -, _ and '
                "., and begin and end with a letter or digit"
            )


def key_problems(setting: str, entries: Mapping[str, str]) -> Iterator[str]:
    """One line for each key that the API server would refuse, of a label or an annotation."""
    for key in entries:
        prefix, slash, name = key.rpartition("/")
        if not _NAME.fullmatch(name) or (slash and not SUBDOMAIN.fullmatch(prefix)):
            yield (
                f'{setting}["{key}"]: is not a key that Kubernetes takes; it must be a name of at '
                "most 63 of A-Z, a-z, 0-9, -, _ and ., with or without a DNS name and / before it"
            )
