"""The bundle of the roots that the certificates of Azure's servers chain to."""

import datetime

from cryptography import x509

from components.azure.certificates import CA_BUNDLE, ROOTS
from tests.unit.conftest import certificate
from tools import refresh_azure_ca

MIN_VALIDITY = datetime.timedelta(days=365)


def test_no_certificate_expires_within_a_year() -> None:
    soon = datetime.datetime.now(datetime.UTC) + MIN_VALIDITY
    ending = [
        f"{each.subject.rfc4514_string()} on {each.not_valid_after_utc:%Y-%m-%d}"
        for each in x509.load_pem_x509_certificates(CA_BUNDLE.read_bytes())
        if each.not_valid_after_utc < soon
    ]
    assert not ending, "run `venv/bin/python tools/refresh_azure_ca.py`"


def test_bundle_has_each_root_and_nothing_else() -> None:
    found = x509.load_pem_x509_certificates(CA_BUNDLE.read_bytes())
    assert sorted(map(refresh_azure_ca.name, found)) == sorted(ROOTS)
    assert all(each.issuer == each.subject for each in found), "an intermediate is not a root"


def test_only_azures_roots_that_have_not_expired_are_taken_from_the_package() -> None:
    first, second = ROOTS
    packaged = {
        first: certificate(first),
        second: certificate(second, last_year=2025),
        "Another Root": certificate("Another Root"),
    }
    parts = [f'# Issuer: x\n# Label: "{name}"\n# Serial: 1\n{packaged[name]}' for name in packaged]
    bundle = "\n".join(parts)
    assert list(refresh_azure_ca.roots(bundle)) == [first]
