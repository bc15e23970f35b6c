"""The sandbox's overrides of a stack's settings: mirrors, addresses, generated passwords."""

import re
import secrets
import sys
from pathlib import Path
from typing import Any

import yaml

from sandbox import SandboxError
from sandbox.engine import cluster_objects, counterparts
from sandbox.engine.ciphertexts import Ciphertexts
from sandbox.engine.home import write_private
from sandbox.engine.overrides import NAMESPACE, Config, Overrides
from sandbox.engine.stack import Stack
from sandbox.machine import paths
from sandbox.postgres import servers
from sandbox.postgres.server import Server

_PASSWORDS = paths.PULUMI / "passwords"
_ENCRYPTION = ("encryptionsalt", "encryptedkey", "secretsprovider")
_ESC = "environment"
"""Names environments of Pulumi ESC, whose values are settings, too."""


def write(stack: Stack, source: Path) -> Path:
    """Write the stack's settings file: the source with the sandbox's overrides."""
    try:
        settings = dict(yaml.safe_load(source.read_text()) or {})
        # As the CLI reads it: a key without a namespace is the project's own.
        config: Config = {
            key if ":" in key else f"{stack.project}:{key}": value
            for key, value in dict(settings.get("config") or {}).items()
        }
    except (ValueError, TypeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise SandboxError(f"{source} is not a valid stack settings file: {reason}") from error
    overrides = overridden(stack, config)
    cluster_objects.prepare(overrides)
    if _ESC in settings:
        overrides.lines.append(f"{_ESC} is left out: Pulumi ESC is not simulated")
    left_out = (*_ENCRYPTION, _ESC)
    kept = {key: value for key, value in settings.items() if key not in left_out}
    target = stack.settings
    salt = _encryption(stack.initial_settings) or _encryption(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    ciphertexts = Ciphertexts(target, salt)
    unknown = ciphertexts.insert(config, overrides.passwords)
    target.write_text(yaml.safe_dump({**kept, **salt, "config": config}, sort_keys=False))
    for key, value in unknown.items():
        stack.set_secret(key, value, target)
    ciphertexts.keep(overrides.passwords)
    for line in overrides.lines:
        print(f"sandbox: {line}", file=sys.stderr)
    return target


def overridden(stack: Stack, config: Config) -> Overrides:
    """The settings as they are in the sandbox; changes `config`."""
    overrides = Overrides(config)
    if cloud := overrides.get("cloud"):
        counterparts.common(overrides, stack.name, stack.directory)
        if of_cloud := counterparts.OF_CLOUD.get(str(cloud)):
            of_cloud(overrides, stack.name)
        if cloud == "existing":
            _administrator(overrides)
    _replace_encrypted(stack, overrides)
    return overrides


def _encryption(file: Path) -> dict[str, Any]:
    values = (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}
    return {key: values[key] for key in _ENCRYPTION if key in values}


def _administrator(overrides: Overrides) -> None:
    """Make the server of `cloud: existing`, unless it is there, and use its password."""
    host, admin = overrides.get("existing", "host"), overrides.get("existing", "adminUsername")
    if not isinstance(host, str) or not host:
        return  # the program reports the missing host
    if isinstance(admin, str) and admin:
        given = overrides.get("existing", "adminPassword")
        plain = given if isinstance(given, str) and given else None
        password = _server(host, admin, plain)
        if plain is None:
            overrides.put_password("existing", "adminPassword", password)


def _server(host: str, username: str, password: str | None) -> str:
    """The administrator's password of the server at the host; creates a missing server."""
    known = next((server for server in servers.servers() if server.host == host), None)
    if known is None:
        name = re.sub(r"[^a-z0-9-]+", "-", host.lower().partition(".")[0]).strip("-")
        taken = {server.name for server in servers.servers()}
        name = name if name[:1].isalpha() and name not in taken else f"db-{secrets.token_hex(3)}"
        password = password or secrets.token_urlsafe(24)
        write_private(_PASSWORDS / name, password)
        print(f"sandbox: creating the PostgreSQL server {host}", file=sys.stderr)
        Server.create(name, host, username=username, password=password)
        return password
    file = _PASSWORDS / known.name
    if password is None and not file.exists():
        raise SandboxError(
            f"the PostgreSQL server {host} exists, but its administrator's password is "
            f"not stored: set existing.adminPassword, or delete the server with "
            f"`python -m sandbox postgres delete {known.name}`; the next command creates it again"
        )
    return password or file.read_text()


def _replace_encrypted(stack: Stack, overrides: Overrides) -> None:
    """Replace all other encrypted values by generated ones: the sandbox cannot decrypt them."""
    for holder, key, path in list(overrides.encrypted()):
        name = re.sub(r"[^\w.-]", "-", f"{stack.project}-{stack.name}-{path}")
        file = _PASSWORDS / name
        if not file.exists():
            write_private(file, secrets.token_urlsafe(24))
        holder[key] = ""  # keeps the place in a list
        overrides.passwords[path] = file.read_text()
        shown = path.removeprefix(f"{NAMESPACE}:")
        overrides.lines.append(f"{shown} = [secret, generated in place of the encrypted one]")
