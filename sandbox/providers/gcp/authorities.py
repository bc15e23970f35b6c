"""The certificate authorities of instances: each instance has its own."""

import hashlib
import secrets
from pathlib import Path

from sandbox.providers.cloud.account import Data


def create(folder: Path) -> Data:
    """Create an authority in a new directory of the folder; returns what the API tells of it."""
    # Imported here: cryptography takes 0.2 s to load, which a preview does not need.
    from cryptography.hazmat.primitives.serialization import Encoding

    from sandbox.machine.certificate_authority import CertificateAuthority

    name = secrets.token_hex(6)
    made = CertificateAuthority(folder / name, f"Google Cloud SQL Server CA {name}")
    found = made.certificate
    return {
        "cert": found.public_bytes(Encoding.PEM).decode(),
        "commonName": f"C=US,O=Google\\, Inc,CN=Google Cloud SQL Server CA {name}",
        "createTime": f"{found.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
        "expirationTime": f"{found.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
        "sha1Fingerprint": hashlib.sha1(found.public_bytes(Encoding.DER)).hexdigest(),  # noqa: S324
        "directory": name,
    }


def outputs(authorities: list[Data]) -> list[Data]:
    """The authorities as the provider returns them."""
    return [{key: each[key] for key in each if key != "directory"} for each in authorities]


def rotated(instance: Data, folder: Path) -> Data:
    """The next step of a rotation: add an authority, switch to it, or forget the old one."""
    known, active = instance["authorities"], instance["activeAuthority"]
    newest = known[-1]["sha1Fingerprint"]
    if len(known) == 1:
        return {"authorities": [*known, create(folder)]}
    if active != newest:
        return {"activeAuthority": newest}
    return {"authorities": known[-1:]}
