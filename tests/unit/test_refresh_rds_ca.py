"""The certificates that the tool takes from the npm package's JavaScript."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tools import refresh_rds_ca


def test_only_certificates_that_have_not_expired_are_taken_sorted_by_name() -> None:
    script = "module.exports = [\n" + "".join(
        _javascript(name, days) for name, days in (("b", 10), ("expired", -1), ("a", 10))
    )
    found = refresh_rds_ca.certificates(script + "];\n")
    assert [refresh_rds_ca.name(certificate) for certificate in found] == ["a", "b"]


def _javascript(name: str, days: int) -> str:
    """A certificate that expires in so many days, as the package writes it: a string a line."""
    lines = _pem(name, days).splitlines()
    return " +\n".join(f"  '{line}\\n'" for line in lines) + ",\n"


def _pem(name: str, days: int) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()
