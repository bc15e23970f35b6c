"""The settings of a stack that the sandbox changes, and the lines that say so."""

from collections.abc import Iterator, Mapping
from typing import Any

Config = dict[str, Any]
NAMESPACE = "coder"


class Overrides:
    """The sandbox's values for settings of a stack."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.lines: list[str] = []
        self.passwords: dict[str, str] = {}
        """By the path of the setting, as `pulumi config set --path` takes it."""

    def get(self, key: str, part: str = "") -> Any:
        """A setting of the stack, or one part of a setting that is an object."""
        value = self.config.get(full(key))
        if part:
            return value.get(part) if isinstance(value, dict) else None
        return value

    def put(self, key: str, value: Any, part: str = "", shown: str = "") -> None:
        """Set a setting or a part of one, unless the stack sets it."""
        if not self.get(key, part):
            self.use(key, value, part, shown)

    def use(self, key: str, value: Any, part: str = "", shown: str = "") -> None:
        """Set a setting or a part of one, whatever the stack says."""
        if self.get(key, part) == value:
            return
        if part:
            whole = self.config.setdefault(full(key), {})
            if not isinstance(whole, dict):
                return  # the program reports the wrong type
            whole[part] = value
        else:
            self.config[full(key)] = value
        self.lines.append(f"{_dotted(key, part)} = {shown or _text(value)}")

    def replace(self, key: str, value: Any, part: str = "", shown: str = "") -> None:
        """Replace a setting or a part of one that the stack sets."""
        if self.get(key, part):
            self.use(key, value, part, shown)

    def remove(self, key: str, part: str = "", *, reason: str) -> None:
        """Remove a setting or a part of one that the stack sets."""
        if not self.get(key, part):
            return
        if part:
            del self.config[full(key)][part]
        else:
            del self.config[full(key)]
        self.lines.append(f"{_dotted(key, part)} is left out: {reason}")

    def put_password(self, key: str, part: str, value: str) -> None:
        """Set a secret, unless the stack sets it in plain text; replaces an encrypted value."""
        given = self.get(key, part)
        if given and not is_encrypted(given):
            return
        if isinstance(self.get(key), dict):
            self.config[full(key)].pop(part, None)
        self.passwords[f"{full(key)}.{part}"] = value
        self.lines.append(f"{_dotted(key, part)} = [secret, the sandbox's own]")

    def encrypted(self) -> Iterator[tuple[Any, str | int, str]]:
        """Every encrypted value: its holder, its key there, and its path."""
        for key in self.config:
            yield from _encrypted(self.config, key, key)


def full(key: str) -> str:
    """The key with its namespace; a key of a provider has one already."""
    return key if ":" in key else f"{NAMESPACE}:{key}"


def is_encrypted(value: Any) -> bool:
    """Whether it is the ciphertext of a secret."""
    return isinstance(value, Mapping) and set(value) == {"secure"}


def _encrypted(holder: Any, key: str | int, path: str) -> Iterator[tuple[Any, str | int, str]]:
    value = holder[key]
    if is_encrypted(value):
        yield holder, key, path
    elif isinstance(value, dict):
        for inner in value:
            plain = not set(str(inner)) & set('."[]\\')
            step = f".{inner}" if plain else f'["{inner}"]'
            yield from _encrypted(value, inner, f"{path}{step}")
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _encrypted(value, index, f"{path}[{index}]")


def _dotted(key: str, part: str) -> str:
    return f"{key}.{part}" if part else key


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(value.values())
    return ", ".join(value) if isinstance(value, list) else str(value)
