"""Certificates in PEM, as files and as the base64 that kubeconfigs and clouds give."""

import base64
import binascii
import ssl
from pathlib import Path


class CertificateError(Exception):
    """Says in one line what is wrong with a file of certificates."""


def read(path: Path) -> str:
    """The certificates of a PEM file; raises CertificateError for what is none."""
    try:
        text = path.read_text()
        ssl.create_default_context(cadata=text)
    except OSError as error:
        raise CertificateError(f"{path} can't be read: {error.strerror}") from error
    except (UnicodeDecodeError, ssl.SSLError) as error:
        raise CertificateError(f"{path} holds no certificate in PEM") from error
    return text


def pem(text: str) -> str:
    """A certificate given as PEM or as base64 of PEM, in PEM; empty for anything else."""
    if "-----BEGIN" not in text:
        try:
            text = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return text.strip() if "-----BEGIN CERTIFICATE-----" in text else ""
