"""Certificate authorities of the sandbox."""

import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.machine import files

TEN_YEARS = datetime.timedelta(days=3650)
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class CertificateAuthority:
    """A certificate authority in `<directory>/ca.crt` and `ca.key`; created if it is missing."""

    def __init__(self, directory: Path, name: str) -> None:
        self.directory = directory
        self.certificate_file = directory / "ca.crt"
        key_file = directory / "ca.key"
        if not self.certificate_file.exists():
            key = create_key(key_file)
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
            certificate = (
                _builder(subject, key)
                .issuer_name(subject)
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
                .sign(key, hashes.SHA256())
            )
            files.write_atomically(self.certificate_file, _pem(certificate))
        self.certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        self._key = cast(ec.EllipticCurvePrivateKey, key)

    def issue(
        self, stem: Path, common_name: str, organization: str = "", hosts: Sequence[str] = ()
    ) -> None:
        """Issue `<stem>.crt` and `.key`: for a server with these hosts, or for a client."""
        names = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
        if organization:
            names.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
        key = create_key(stem.with_suffix(".key"))
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH] if hosts else []
        purposes += [ExtendedKeyUsageOID.CLIENT_AUTH] if organization else []
        builder = (
            _builder(x509.Name(names), key)
            .issuer_name(self.certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(issuer, critical=False)
        )
        if hosts:
            alternatives = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(alternatives, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        files.write_atomically(stem.with_suffix(".crt"), _pem(certificate))


def create_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Write a new private key that only its owner can read."""
    key = ec.generate_private_key(ec.SECP256R1())
    # Kubernetes accepts an EC key for service accounts only in this format
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    files.write_atomically(path, pem.decode(), 0o600)
    return key


def _builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + TEN_YEARS)
        .add_extension(identifier, critical=False)
    )


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in wanted for usage in USAGES})


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
