"""Coder and the Jobs verify the certificate of their database."""

import re
from collections.abc import Iterator

from pulumi_policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from .policies import Properties, inputs_of, stack_policy
from .servers import cloud_of
from .values import Path, at, dotted, leaves
from .workloads import SECRET, environment, is_coder, secret_texts

URL = re.compile(r"postgres(?:ql)?://[^\s\"']+")
MODE = re.compile(r"[?&]sslmode=([a-z-]+)")
DSN = re.compile(r"(?<![?&\w])sslmode\s*=\s*'?([a-z-]+)")
"""Of libpq's keys and values: host=db sslmode=disable."""
ALL_DSN = re.compile(r"\s*\w+\s*=\s*('[^']*'|[^\s']+)(\s+\w+\s*=\s*('[^']*'|[^\s']+))*\s*")
"""A text with nothing but keys and values."""
MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
OWN_CA = "GOOGLE_MANAGED_INTERNAL_CA"
"""Cloud SQL's default: a CA for each instance, whose certificates do not name the address. That CA
signs for no other server, so that verify-ca is as strict as it gets.
https://cloud.google.com/sql/docs/postgres/authorize-ssl"""


def check(resource: PolicyResource, stack: list[PolicyResource]) -> Iterator[str]:
    """One line for each connection that does not verify the server."""
    accepted = ("verify-full", *(("verify-ca",) if _has_own_ca(stack) else ()))
    for path, mode in _modes(resource.resource_type, inputs_of(resource)):
        if mode not in accepted:
            found = f"is {mode}" if mode in MODES else "is not set"
            yield (
                f"{dotted(path)}: sslmode {found}; set it to verify-full (setting existing.sslMode)"
            )


def _modes(kind: str, inputs: Properties) -> Iterator[tuple[Path, str]]:
    """Each place that says how a client checks the server, and what it says."""
    if is_coder(kind, inputs) and at(inputs, "values.postgres.host"):
        # The chart's default is `require`.
        yield ("values", "postgres", "sslMode"), at(inputs, "values.postgres.sslMode", "")
    for path, name, value in environment(kind, inputs):
        if name == "PGSSLMODE":
            yield path, value
    if not kind.startswith("kubernetes:"):
        return
    secret = secret_texts(inputs) if kind == SECRET else ()
    for path, text in [*leaves(inputs), *((("data", key), text) for key, text in secret)]:
        for url in URL.findall(text):
            found = MODE.search(url)
            yield path, found[1] if found else ""
        yield from ((path, mode) for mode in _modes_of_dsn(text))


def _modes_of_dsn(text: str) -> Iterator[str]:
    found = [mode for mode in DSN.findall(text) if mode in MODES]
    yield from found
    keys = set(re.findall(r"(\w+)\s*=", text)) if ALL_DSN.fullmatch(text) else set[str]()
    if not found and "host" in keys and keys & {"user", "dbname"}:
        yield ""


def _has_own_ca(stack: list[PolicyResource]) -> bool:
    """Whether the database is a Cloud SQL instance with a CA of its own."""
    for each in stack:
        inputs = inputs_of(each)
        if cloud_of(each.resource_type, inputs) == "gcp":
            try:
                return at(inputs, "settings.ipConfiguration.serverCaMode", OWN_CA) == OWN_CA
            except UnknownValueError:
                return True
    return False


POLICY = stack_policy(
    "coder-verifies-tls",
    "Coder and the Jobs verify the certificate of their database.",
    check,
)
