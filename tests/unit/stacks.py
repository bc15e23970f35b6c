"""Stacks for the tests, in the words of a Pulumi.<stack>.yaml; defaults are Pulumi.yaml's own."""

from typing import Any

import yaml

from tests.conftest import ROOT

Stack = dict[str, Any]

SCHEMA: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
DEFAULTS: Stack = {key: field["default"] for key, field in SCHEMA.items() if "default" in field}

HOST = "db.example.com"
ADMIN_PASSWORD = "4dm1n/canary+word"
PASSWORD = "g1v3n canary:@/?#%word"

MADE = {"host": HOST, "adminUsername": "admin", "adminPassword": ADMIN_PASSWORD}
GIVEN = {"host": HOST, "username": "bob", "password": PASSWORD}


def made(**changes: Any) -> Stack:
    """A stack that is given the admin's login and has roles and a database made."""
    return stack(existing=MADE) | changes


def given(**changes: Any) -> Stack:
    """A stack that is given a login to use as it is."""
    return stack(existing=GIVEN) | changes


def stack(**settings: Any) -> Stack:
    """All settings of a stack of `cloud: existing`, as the engine would hand them over."""
    cluster = {"endpoint": "https://api.example.com"}
    return DEFAULTS | {"cloud": "existing", "cluster": cluster} | settings
