"""A password that the stack generates or stores is nowhere but in Secrets and logins."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

from pulumi_policy import PolicyResource

from .passwords import NAMED
from .policies import inputs_of, stack_policy
from .servers import AWS, AZURE
from .values import dotted, known, leaves
from .workloads import RELEASE, SECRET, secret_texts

GENERATED = "random:index/randomPassword:RandomPassword"
LOGINS = {AWS: "password", "gcp:sql/user:User": "password", SECRET: "data"}
"""The property of each type that may hold a password."""
SHORTEST = 8
"""A shorter text may occur elsewhere by chance."""


def check(resource: PolicyResource, stack: list[PolicyResource]) -> Iterator[str]:
    """One line for each property that shows a password; none shows the password."""
    if resource.resource_type == GENERATED:
        return
    needles = {form for word in _passwords(stack) for form in _forms(word)}
    found = {
        dotted(path)
        for properties in (inputs_of(resource), resource.props)
        for path, text in leaves(properties)
        if path[0] not in _allowed(resource.resource_type)
        and any(needle in text for needle in needles)
    }
    for path in sorted(found):
        yield f"{path}: holds a password of the stack; name the Secret that has it instead"


def _allowed(kind: str) -> tuple[str, ...]:
    if kind == SECRET:
        return ("data", "stringData")
    if AZURE.fullmatch(kind):
        return ("administratorLoginPassword",)
    if kind == RELEASE:
        return ("repositoryOpts",)
    return (LOGINS[kind],) if kind in LOGINS else ()


def _passwords(stack: list[PolicyResource]) -> Iterator[str]:
    """All that were generated, and all that Secrets have under the name of a password."""
    for each in stack:
        if each.resource_type == GENERATED:
            yield from (value for key, value in known(each.props) if key == "result")
        elif each.resource_type == SECRET:
            for key, text in secret_texts(inputs_of(each)):
                if NAMED.search(key):
                    yield text


def _forms(password: str) -> Iterator[str]:
    """The password as it is, and as URLs and Secrets have it."""
    if isinstance(password, str) and len(password) >= SHORTEST:
        yield password
        yield quote(password, safe="")
        yield base64.b64encode(password.encode()).decode()


POLICY = stack_policy(
    "generated-password",
    "A password of the stack is only in Secrets and in the logins of servers.",
    check,
)
