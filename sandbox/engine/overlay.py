"""The sandbox's overrides of a stack's settings: mirrors, addresses, generated passwords."""

import re
import secrets
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox import SandboxError
from sandbox.cluster import topology
from sandbox.engine.ciphertexts import Ciphertexts
from sandbox.engine.home import write_private
from sandbox.engine.stack import Stack
from sandbox.machine import network, paths
from sandbox.postgres import servers, tls
from sandbox.postgres.server import Server
from sandbox.providers.azure_native import account as azure_account
from sandbox.providers.gcp import account

Config = dict[str, Any]
_NAMESPACE = "coder"
_FIRST_STACK = "dev"
"""The stack of `make up`, which keeps the program's default namespace."""
_PASSWORDS = paths.PULUMI / "passwords"
_ENCRYPTION = ("encryptionsalt", "encryptedkey", "secretsprovider")


class Overrides:
    """The sandbox's values for settings that the stack does not set, or sets encrypted."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.lines: list[str] = []
        self.passwords: dict[str, str] = {}

    def get(self, key: str, part: str = "") -> Any:
        """A setting of the stack, or one part of a setting that is an object."""
        value = self.config.get(f"{_NAMESPACE}:{key}")
        if part:
            return value.get(part) if isinstance(value, dict) else None
        return value

    def put(self, key: str, value: Any, part: str = "", shown: str = "") -> None:
        """Set a setting, unless the stack sets it."""
        if self.get(key, part):
            return
        if part:
            whole = self.config.setdefault(f"{_NAMESPACE}:{key}", {})
            if not isinstance(whole, dict):
                return  # the program reports the wrong type
            whole[part] = value
        else:
            self.config[f"{_NAMESPACE}:{key}"] = value
        self.lines.append(f"{_dotted(key, part)} = {shown or value}")

    def put_password(self, key: str, part: str, value: str) -> None:
        """Set a secret, unless the stack sets it in plain text; replaces an encrypted value."""
        given = self.get(key, part)
        if given and not _is_encrypted(given):
            return
        if isinstance(self.get(key), dict):
            self.config[f"{_NAMESPACE}:{key}"].pop(part, None)
        self.passwords[f"{_NAMESPACE}:{key}.{part}"] = value
        self.lines.append(f"{_dotted(key, part)} = [secret, the sandbox's own]")


def write(stack: Stack, source: Path) -> Path:
    """Write the stack's settings file: the source with the sandbox's overrides."""
    try:
        settings = dict(yaml.safe_load(source.read_text()) or {})
        config: Config = dict(settings.get("config") or {})
    except (ValueError, TypeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise SandboxError(f"{source} is not a valid stack settings file: {reason}") from error
    overrides = Overrides(config)
    if overrides.get("cloud"):
        common(overrides)
        if stack.name != _FIRST_STACK:
            # Stacks of one cluster can't share a namespace.
            overrides.put("namespace", f"coder-{stack.name}")
        _CLOUDS.get(str(overrides.get("cloud")), _nothing)(overrides)
    _replace_encrypted(stack, overrides)
    kept = {key: value for key, value in settings.items() if key not in _ENCRYPTION}
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


def _encryption(file: Path) -> dict[str, Any]:
    values = (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}
    return {key: values[key] for key in _ENCRYPTION if key in values}


def common(overrides: Overrides) -> None:
    """The overrides of every stack, whatever its cloud."""
    major = str(overrides.get("chartVersion") or "1").partition(".")[0]
    flavour = "v2" if major.isdigit() and int(major) >= 2 else "classic"
    overrides.put("chartRepository", f"{network.CHARTS_URL}/{flavour}")


def _existing(overrides: Overrides) -> None:
    overrides.put("caCertificate", str(paths.POSTGRES_CA))
    overrides.put("cluster", network.API_URL, "endpoint")
    authority = b64encode((paths.PKI / "ca.crt").read_bytes()).decode()
    overrides.put("cluster", authority, "certificateAuthority", shown="the sandbox's own")
    host, admin = overrides.get("existing", "host"), overrides.get("existing", "adminUsername")
    if not isinstance(host, str) or not host:
        return  # the program reports the missing host
    if isinstance(admin, str) and admin:
        given = overrides.get("existing", "adminPassword")
        plain = given if isinstance(given, str) and given else None
        password = _server(host, admin, plain)
        if plain is None:
            overrides.put_password("existing", "adminPassword", password)


def _aws(overrides: Overrides) -> None:
    """Use the sandbox's CA, the only region that has a cluster, and that cluster."""
    # Create the CA now: the program reads the file before the first server is created.
    overrides.put("caCertificate", str(tls.authority().certificate_file))
    overrides.config.setdefault("aws:region", topology.REGION)
    _use(overrides, "aws:region", topology.REGION)
    _use(overrides, f"{_NAMESPACE}:cluster", {"name": "dev"})


def _azure(overrides: Overrides) -> None:
    """Use the sandbox's CA, its subscription and location, and one of the clusters there.

    Public roots, to which Azure's certificates chain, cannot be simulated.
    """
    overrides.put("caCertificate", str(tls.authority().certificate_file))
    if "azure-native:subscriptionId" in overrides.config:  # else the provider's default, the same
        _use(overrides, "azure-native:subscriptionId", azure_account.SUBSCRIPTION)
    _use(overrides, "azure-native:location", azure_account.LOCATION)
    known = [{"name": name, "resourceGroup": "coder"} for name in ("dev", "managed")]
    if overrides.get("cluster") not in known:
        _use(overrides, f"{_NAMESPACE}:cluster", known[0])


def _gcp(overrides: Overrides) -> None:
    """Use the only project and region that have clusters, and one of these clusters.

    The CA is not overridden: each instance has its own.
    """
    _use(overrides, "gcp:project", account.PROJECT)
    _use(overrides, "gcp:region", account.REGION)
    clusters = account.seed(account.PROJECT)["clusters"]
    known = [{"name": name, "location": place} for place, name in (x.split("/") for x in clusters)]
    if overrides.get("cluster") not in known:
        _use(overrides, f"{_NAMESPACE}:cluster", {"name": "dev", "location": account.REGION})


def _use(overrides: Overrides, key: str, value: str | dict[str, str]) -> None:
    """Set what names the sandbox's own account, whatever the stack says."""
    if overrides.config.get(key) != value:
        overrides.config[key] = value
        shown = value if isinstance(value, str) else ", ".join(value.values())
        overrides.lines.append(f"{key.removeprefix(f'{_NAMESPACE}:')} = {shown}")


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
    for key, value in list(overrides.config.items()):
        parts = {"": value} if _is_encrypted(value) else (value if isinstance(value, dict) else {})
        for part, inner in list(parts.items()):
            if not _is_encrypted(inner):
                continue
            path = f"{key}.{part}" if part else key
            file = _PASSWORDS / f"{stack.project}-{stack.name}-{path.replace(':', '-')}"
            if not file.exists():
                write_private(file, secrets.token_urlsafe(24))
            if part:
                overrides.config[key].pop(part)
            else:
                overrides.config.pop(key)
            overrides.passwords[path] = file.read_text()
            shown = path.removeprefix(f"{_NAMESPACE}:")
            overrides.lines.append(f"{shown} = [secret, generated in place of the encrypted one]")


def _is_encrypted(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}


def _dotted(key: str, part: str) -> str:
    return f"{key}.{part}" if part else key


def _nothing(overrides: Overrides) -> None:
    pass


_CLOUDS: Mapping[str, Callable[[Overrides], None]] = {
    "aws": _aws,
    "azure": _azure,
    "existing": _existing,
    "gcp": _gcp,
}
