"""A password is encrypted again only if it or the stack's key has changed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.engine.ciphertexts import Ciphertexts

SALT = {"encryptionsalt": "v1:one"}
PATH = "coder:existing.adminPassword"
PASSWORD = "4dm1n-password"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A settings file whose password was encrypted before."""
    file = tmp_path / "Pulumi.dev.yaml"
    config = {"coder:existing": {"host": "db", "adminPassword": {"secure": "v1:cipher"}}}
    file.write_text(yaml.safe_dump({"config": config}))
    Ciphertexts(file, SALT).keep({PATH: PASSWORD})
    return file


def test_unchanged_password_keeps_its_ciphertext(settings: Path) -> None:
    config: dict[str, Any] = {"coder:existing": {"host": "db"}}
    assert Ciphertexts(settings, SALT).insert(config, {PATH: PASSWORD}) == {}
    assert config["coder:existing"] == {"host": "db", "adminPassword": {"secure": "v1:cipher"}}


@pytest.mark.parametrize(
    ("salt", "password"), [(SALT, "another"), ({"encryptionsalt": "v1:two"}, PASSWORD)]
)
def test_changed_password_or_key_is_encrypted_again(
    settings: Path, salt: dict[str, str], password: str
) -> None:
    config: dict[str, Any] = {"coder:existing": {"host": "db"}}
    assert Ciphertexts(settings, salt).insert(config, {PATH: password}) == {PATH: password}
    assert config == {"coder:existing": {"host": "db"}}


def test_ciphertexts_are_private_and_without_the_password(settings: Path) -> None:
    (file,) = settings.parent.glob("*.json")
    assert file.stat().st_mode & 0o077 == 0
    assert PASSWORD not in file.read_text()


def test_values_in_lists_and_below_quoted_keys_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    paths = {"coder:a.b[1].c": "one", 'coder:a["example.com/x"]': "two"}
    config: dict[str, Any] = {
        "coder:a": {"b": [{}, {"c": {"secure": "v1:1"}}], "example.com/x": {"secure": "v1:2"}}
    }
    file.write_text(yaml.safe_dump({"config": config}))
    Ciphertexts(file, SALT).keep(paths)
    config["coder:a"] = {"b": [{}, {"c": ""}], "example.com/x": ""}
    assert Ciphertexts(file, SALT).insert(config, paths) == {}
    assert config["coder:a"]["b"][1] == {"c": {"secure": "v1:1"}}
    assert config["coder:a"]["example.com/x"] == {"secure": "v1:2"}
