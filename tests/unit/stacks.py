"""Settings of test stacks, as in a Pulumi.<stack>.yaml; defaults come from Pulumi.yaml."""

from typing import Any

import yaml

from tests.conftest import ROOT

Stack = dict[str, Any]

SCHEMA: dict[str, Any] = {
    key: field
    for key, field in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"].items()
    if ":" not in key  # `pulumi new` adds `pulumi:tags`, which is no setting of the program
}
DEFAULTS: Stack = {key: field["default"] for key, field in SCHEMA.items() if "default" in field}

HOST = "db.example.com"
ADMIN_PASSWORD = "4dm1n/canary+word"
PASSWORD = "g1v3n canary:@/?#%word"

MADE = {"host": HOST, "adminUsername": "admin", "adminPassword": ADMIN_PASSWORD}
GIVEN = {"host": HOST, "username": "bob", "password": PASSWORD}


def made(**changes: Any) -> Stack:
    """A stack with the admin's login: the program creates the roles and the database."""
    return stack(existing=MADE) | changes


def given(**changes: Any) -> Stack:
    """A stack with a login that Coder uses unchanged."""
    return stack(existing=GIVEN) | changes


def stack(**settings: Any) -> Stack:
    """All settings of a stack with `cloud: existing`, as the engine passes them."""
    cluster = {"endpoint": "https://api.example.com"}
    return DEFAULTS | {"cloud": "existing", "cluster": cluster} | settings
