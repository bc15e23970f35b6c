"""Certificates in PEM, as files and as the base64 that kubeconfigs and clouds give."""

import base64
import ssl
from pathlib import Path


class CertificateError(Exception):
    """Says in one line what is wrong with a file of certificates."""


def read(path: Path) -> str:
    """The certificates of a PEM file; raises CertificateError for what is none."""
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        raise CertificateError(f"{path} can't be read: {error.strerror}") from error
    try:
        # ssl takes an empty text for none at all, and chokes on comments outside ASCII.
        ssl.create_default_context(cadata=text.encode("ascii", "replace").decode() or "none")
    except ssl.SSLError as error:
        raise CertificateError(f"{path} holds no certificate in PEM") from error
    return text


def pem(text: str) -> str:
    """A certificate given as PEM or as base64 of PEM, in PEM; empty for anything else."""
    if "-----BEGIN" not in text:
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode()
        except ValueError:
            return ""
    # The same certificate may come with other line ends and blanks around it.
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(filter(None, lines)) if "-----BEGIN CERTIFICATE-----" in lines else ""
