"""Renew components/azure/ca.pem from the PyPI package certifi, which has Mozilla's root CAs.

Run `venv/bin/python tools/refresh_azure_ca.py [VERSION]`; it needs pip.
"""

import datetime
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from components.azure.certificates import CA_BUNDLE, ROOTS  # noqa: E402

PACKAGE = "certifi"
SOURCE = "certifi/cacert.pem"
LABELLED = re.compile(
    r'^# Label: "(.*?)"$.*?(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)',
    re.DOTALL | re.MULTILINE,
)


def fetch(version: str) -> str:
    """The file of the package that holds the certificates."""
    wanted = f"{PACKAGE}=={version}" if version else PACKAGE
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder, wanted],
            check=True,
        )
        [wheel] = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(SOURCE).decode()


def roots(bundle: str) -> dict[str, x509.Certificate]:
    """Of the certificates that have not expired, those that Azure's servers chain to, by name."""
    today = datetime.datetime.now(datetime.UTC)
    pems = dict(LABELLED.findall(bundle))
    found = [x509.load_pem_x509_certificate(pems[root].encode()) for root in ROOTS if root in pems]
    return {name(each): each for each in found if each.not_valid_after_utc > today}


def name(certificate: x509.Certificate) -> str:
    """The certificate's common name; empty if it has none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def main() -> None:
    """Download the package and write the bundle."""
    found = roots(fetch("".join(sys.argv[1:2])))
    if missing := set(ROOTS) - found.keys():
        sys.exit(f"{PACKAGE} has no valid certificate of {', '.join(sorted(missing))}")
    pems = {root: each.public_bytes(Encoding.PEM).decode() for root, each in found.items()}
    CA_BUNDLE.write_text("".join(f"# {root}\n{pem}" for root, pem in pems.items()))
    print(f"{CA_BUNDLE}: {len(found)} certificates")


if __name__ == "__main__":
    main()
