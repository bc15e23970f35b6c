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
