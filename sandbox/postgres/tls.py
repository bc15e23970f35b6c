"""The certificate authority of the PostgreSQL servers."""

from sandbox.machine import lock, paths
from sandbox.machine.certificate_authority import CertificateAuthority


def authority() -> CertificateAuthority:
    """The CA that signs all servers' certificates; created at the first call."""
    with lock.exclusive("postgres-ca", wait=True):
        return CertificateAuthority(paths.POSTGRES, "sandbox PostgreSQL")
