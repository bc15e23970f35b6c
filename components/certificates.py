"""Certificates in PEM: from files, kubeconfigs and clouds."""

import base64
import ssl
from pathlib import Path


class CertificateError(Exception):
    """A file has no certificates; the message is one line that says why."""


def read(path: Path) -> str:
    """The text of a PEM file; raises CertificateError if it has no certificate."""
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        raise CertificateError(f"{path} can't be read: {error.strerror}") from error
    try:
        # ssl accepts an empty text, and fails on comments that are not ASCII.
        ssl.create_default_context(cadata=text.encode("ascii", "replace").decode() or "none")
    except ssl.SSLError as error:
        raise CertificateError(f"{path} contains no certificate in PEM") from error
    return text


def pem(text: str) -> str:
    """The certificate, given as PEM or as base64 of PEM, in PEM; empty if it is neither."""
    if "-----BEGIN" not in text:
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode()
        except ValueError:
            return ""
    # Line ends and surrounding blanks must not make one certificate look like two.
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(filter(None, lines)) if "-----BEGIN CERTIFICATE-----" in lines else ""
