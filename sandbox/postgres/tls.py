"""The certificates of the PostgreSQL servers, and the authority that signs most of them."""

from pathlib import Path

from sandbox.machine import lock, paths
from sandbox.machine.certificate_authority import CertificateAuthority
from sandbox.postgres.configuration import Certificate


def authority() -> CertificateAuthority:
    """The CA that signs all servers' certificates; created at the first call."""
    with lock.exclusive("postgres-ca", wait=True):
        return CertificateAuthority(paths.POSTGRES, "sandbox PostgreSQL")


def issue(stem: Path, host: str, certificate: Certificate | None = None) -> None:
    """Issue `<stem>.crt` and `.key` for a server with that host."""
    if certificate is None:
        authority().issue(stem, host, hosts=[host])
        return
    signer = CertificateAuthority(certificate.authority, certificate.common_name)
    signer.issue(stem, certificate.common_name, hosts=certificate.hosts)
