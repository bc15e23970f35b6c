"""The kubeconfig and the certificates that every pretended stack finds."""

import base64
import datetime
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.simulated import Account

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(name: str, last_year: int = 2126) -> str:
    """A self-signed certificate in PEM that expires on the first day of `last_year`."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    day = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(
        subject, subject, KEY.public_key(), 1, day, day.replace(year=last_year)
    )
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="session")
def cluster_ca() -> str:
    """The CA of the cluster that the kubeconfig points to."""
    return certificate("cluster")


@pytest.fixture(scope="session")
def other_ca() -> str:
    return certificate("other")


@pytest.fixture(scope="session")
def ca_file(tmp_path_factory: pytest.TempPathFactory, other_ca: str) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_text(other_ca)
    return str(path)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """A simulated AWS account without servers."""
    return Account(tmp_path / "aws", monkeypatch)


@pytest.fixture
def kubeconfig(
    tmp_path: Path, cluster_ca: str, monkeypatch: pytest.MonkeyPatch, _a_kubeconfig: None
) -> Path:
    """The file that says which cluster is meant; a test may write another into it."""
    return tmp_path / "kubeconfig"


@pytest.fixture(autouse=True)
def _a_kubeconfig(tmp_path: Path, cluster_ca: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(contents(cluster_ca)))
    monkeypatch.setenv("KUBECONFIG", str(path))


def contents(ca: str) -> dict[str, object]:
    """A kubeconfig with two contexts, `here` being the current one."""
    data = base64.b64encode(ca.encode()).decode()
    clusters = [
        {"name": name, "cluster": {"server": server, "certificate-authority-data": data}}
        for name, server in (
            ("here", "https://api.example.com:443"),
            ("there", "https://there.example.com:6443"),
        )
    ]
    contexts = [
        {"name": name, "context": {"cluster": name, "user": "me"}} for name in ("here", "there")
    ]
    return {"current-context": "here", "clusters": clusters, "contexts": contexts}
