"""Passwords are in Secrets, and nowhere else in the cluster."""

import re
from collections.abc import Iterator
from typing import Any

from pulumi_policy import ResourceValidationArgs

from .policies import Properties, resource_policy
from .values import Path, dotted, known, leaves, objects
from .workloads import RELEASE, SECRET

NAMED = re.compile(
    r"(pass(word|wd|phrase)|(?<=.)pwd|token|(api|access|private|signing|encryption)_?key|"
    r"client_?secret|credentials?)$",
    re.IGNORECASE,
)
"""Names whose value is a secret, with - and _ alike. A key such as `passwordSecret` or `secretKey`
names a Secret or a key in one; `PWD` is a directory."""
NAMED_VARIABLE = re.compile(rf"{NAMED.pattern}|_secret(_key)?$", re.IGNORECASE)
"""Names of environment variables, which have no keys that name Secrets."""
WORD = r"pass(?:word|wd|phrase)"
KEY = rf"{WORD}\\?[\"']?"
VALUE = (
    r"(?:\\?[\"'])?"
    r"(?![$<{%*`=~|>&#(\[,;:\\]"  # a variable, a placeholder, a template, code
    rf"|(?:true|false|yes|no|on|off|required|optional|null|none|bool|str|string|[\w.]*{WORD})"
    r"(?=[\s\"'`,;)}\]]|$)"  # a word of the language, or a name
    r"|[\w.]+[(\[])"  # a call
    r"[^\s\"'`]+"
)
"""The value of such a key, if it may be a secret."""
SHOWN = re.compile(
    r"[a-z][a-z0-9+.-]{0,30}://[^\s:@/]*:(?!\$)[^\s@/]+@"  # a URL with a password
    rf"|{KEY}[ \t]*=[ \t]*{VALUE}"  # of libpq, a shell or a query: PGPASSWORD='…'
    rf"|[\"'][\w.-]{{0,60}}{KEY}\s*:\s*(?=\\?[\"']){VALUE}"  # JSON
    rf"|[{{,][\w.\s-]{{0,60}}{KEY}\s*:\s+{VALUE}[\"']?\s*[,}}]"  # an object of YAML
    # A line of YAML, and not of nsswitch.conf.
    rf"|^ *(?:- +)?(?!passwd:)[\"']?[\w.-]{{0,60}}{KEY} *:[ \t]+{VALUE}[\"']?[ \t]*(?:#.*)?\r?$"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----",
    re.IGNORECASE | re.MULTILINE,
)
"""Texts that have a secret in them, whatever their key."""
REFERENCE = re.compile(r"\$\(\w+\)|\$\{?\w+\}?")
"""A value that Kubernetes or a shell takes from an environment variable."""
CURE = "; put it into a Secret and refer to it, in env with valueFrom.secretKeyRef"


def check(args: ResourceValidationArgs) -> Iterator[str]:
    """One line for each value that looks like a secret; none shows the value."""
    if not args.resource_type.startswith("kubernetes:"):
        return
    for path in sorted(set(_found(_visible(args.resource_type, args.props))), key=str):
        yield f"{dotted(path)}: holds a secret in plain text{CURE}"


def _visible(kind: str, inputs: Properties) -> dict[Any, Any]:
    """The inputs that whoever may read the object, but no Secret, sees."""
    if kind == RELEASE:
        # The provider's own login at the repository is not in the cluster.
        return {key: value for key, value in known(inputs) if key != "repositoryOpts"}
    hidden = ("data", "stringData") if kind == SECRET else ()
    return {key: value for key, value in known(inputs) if key not in hidden}


def _found(inputs: Any) -> Iterator[Path]:
    for path, each in objects(inputs):
        entry = dict(known(each))
        name, value = entry.get("name"), entry.get("value")
        if isinstance(name, str) and _is_secret(NAMED_VARIABLE, name, value):
            yield (*path, "value")
    for path, text in leaves(inputs):
        keys = [key for key in path if isinstance(key, str)]
        named = keys and not isinstance(path[-1], int) and _is_secret(NAMED, keys[-1], text)
        if named or SHOWN.search(text):
            yield path


def _is_secret(names: re.Pattern[str], name: str, value: object) -> bool:
    if not isinstance(value, str) or not value or REFERENCE.fullmatch(value):
        return False
    return bool(names.search(name.replace("-", "_")))


POLICY = resource_policy(
    "no-plain-password",
    "A password is in a Secret, and in no other object of the cluster.",
    check,
)
