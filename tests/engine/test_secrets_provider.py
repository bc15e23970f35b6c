"""The documented commands for a KMS as the secrets provider, with a stand-in for AWS KMS."""

import json
import shutil
import subprocess
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.documents import shell_blocks

NEW, CHANGED = (
    block
    for block in shell_blocks((ROOT / "docs" / "teams.md").read_text())
    if "awskms://" in block
)
PROVIDER = "awskms://alias/coder?region=eu-central-1"
SECRET = "typed-password"
_SEAL = b"sealed:"


class _Kms(BaseHTTPRequestHandler):
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html and API_Decrypt.html"""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["X-Amz-Target"] == "TrentService.Encrypt":
            assert asked["KeyId"] == "alias/coder"
            sealed = _SEAL + b64decode(asked["Plaintext"])
            answer = {"CiphertextBlob": b64encode(sealed).decode(), "KeyId": "key"}
        else:
            plain = b64decode(asked["CiphertextBlob"]).removeprefix(_SEAL)
            answer = {"Plaintext": b64encode(plain).decode(), "KeyId": "key"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def kms() -> Iterator[str]:
    """The address of the KMS."""
    server = HTTPServer(("127.0.0.1", 0), _Kms)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


class Project:
    """The project's settings in a folder and a backend of their own."""

    def __init__(self, folder: Path, engine: dict[str, str], kms: str) -> None:
        for file in ROOT.glob("Pulumi*.yaml"):
            shutil.copy(file, folder)
        (folder / "backend").mkdir()
        self.folder = folder
        self.passphrase = engine | {"PULUMI_BACKEND_URL": f"file://{folder / 'backend'}"}
        own = self.passphrase | {
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "key",
            "AWS_ENDPOINT_URL_KMS": kms,
        }
        self.kms = {key: each for key, each in own.items() if "PASSPHRASE" not in key}

    def run(self, commands: str, environment: dict[str, str], given: str = "") -> str:
        done = subprocess.run(
            ["sh", "-ec", commands],
            cwd=self.folder,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def file(self) -> dict[str, object]:
        return yaml.safe_load((self.folder / "Pulumi.prod.yaml").read_text())

    def secret(self, environment: dict[str, str]) -> str:
        word = "pulumi config get --path existing.adminPassword --stack prod"
        return self.run(word, environment).strip()


@pytest.fixture
def own(engine: dict[str, str], tmp_path: Path, kms: str) -> Project:
    return Project(tmp_path, engine, kms)


SET = "pulumi config set --secret --path existing.adminPassword --stack prod"


def test_a_new_stack_with_a_kms_needs_no_passphrase(own: Project) -> None:
    own.run(NEW, own.kms)
    own.run(SET, own.kms, SECRET)
    file = own.file()
    assert file["secretsprovider"] == PROVIDER
    assert file["encryptedkey"]
    assert "encryptionsalt" not in file
    assert SECRET not in str(file)
    assert own.secret(own.kms) == SECRET


def test_a_stack_changes_from_a_passphrase_to_a_kms(own: Project) -> None:
    own.run("cp Pulumi.aws.yaml Pulumi.prod.yaml; pulumi stack init prod", own.passphrase)
    own.run(SET, own.passphrase, SECRET)
    assert own.file()["encryptionsalt"]
    own.run(CHANGED, own.passphrase | own.kms)
    file = own.file()
    assert file["secretsprovider"] == PROVIDER
    assert "encryptionsalt" not in file
    assert own.secret(own.kms) == SECRET
