"""The kubeconfig and the certificates that every pretended stack finds."""

import base64
import datetime
import gc
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from components.charts import V2, Classic

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(name: str, last_year: int = 2126) -> str:
    """A self-signed certificate in PEM that expires on the first day of `last_year`."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    day = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(
        subject, subject, KEY.public_key(), 1, day, day.replace(year=last_year)
    )
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="session", autouse=True)
def _no_collection_of_sdks() -> None:
    """Leave the SDKs out of garbage collections, a seventh of the CPU otherwise."""
    importlib.import_module("pulumi_aws.rds")
    gc.freeze()


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


@pytest.fixture(scope="session", autouse=True)
def _default_kubeconfig(tmp_path_factory: pytest.TempPathFactory, cluster_ca: str) -> Iterator[str]:
    """The kubeconfig of every test that does not write its own."""
    path = tmp_path_factory.mktemp("kubeconfig") / "kubeconfig"
    path.write_text(yaml.safe_dump(contents(cluster_ca)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(path))
        yield path.read_text()


@pytest.fixture(scope="session", autouse=True)
def _published_charts(charts_url: str) -> Iterator[None]:
    """The charts' own repositories, at another address."""
    with pytest.MonkeyPatch.context() as patch:
        for chart in (Classic, V2):
            patch.setattr(chart, "default_repository", f"{charts_url}/{chart.flavour}")
        yield


@pytest.fixture
def kubeconfig(tmp_path: Path, _default_kubeconfig: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubeconfig that the test may change."""
    path = tmp_path / "kubeconfig"
    path.write_text(_default_kubeconfig)
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


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
    users = [{"name": "me", "user": {"token": "t"}}]
    return {
        "current-context": "here",
        "clusters": clusters,
        "contexts": contexts,
        "users": users,
    }
