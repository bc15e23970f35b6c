"""The bundle of Amazon's RDS certificate authorities."""

import datetime
import re

import pytest
from cryptography import x509

from components.aws.certificates import CA_BUNDLE, regional_authorities
from tests.conftest import ROOT
from tests.unit.aws import Aws

MIN_VALIDITY = datetime.timedelta(days=365)


def test_no_certificate_expires_within_a_year() -> None:
    soon = datetime.datetime.now(datetime.UTC) + MIN_VALIDITY
    ending = [
        f"{each.subject.rfc4514_string()} on {each.not_valid_after_utc:%Y-%m-%d}"
        for each in x509.load_pem_x509_certificates(CA_BUNDLE.read_bytes())
        if each.not_valid_after_utc < soon
    ]
    assert not ending, "run `venv/bin/python tools/refresh_rds_ca.py`"


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-southeast-2"])
def test_region_has_a_ca_of_each_kind(region: str) -> None:
    found = x509.load_pem_x509_certificates(regional_authorities(region).encode())
    names = {each.subject.rfc4514_string().split("CN=")[1].split(",")[0] for each in found}
    kinds = ("RSA2048", "RSA4096", "ECC384")
    assert names == {f"Amazon RDS {region} Root CA {kind} G1" for kind in kinds}


def test_the_document_names_the_regions_without_a_ca() -> None:
    text = (ROOT / "docs" / "aws.md").read_text()
    sentence = text.partition("Not in it are the regions ")[2].partition(", China")[0]
    regions = re.findall(r"[a-z]+-[a-z]+-\d", sentence)
    assert len(regions) == 7
    assert [region for region in regions if regional_authorities(region)] == []


@pytest.mark.parametrize(
    ("region", "where"),
    [
        ("ca-west-1", "https://truststore.pki.rds.amazonaws.com/ca-west-1/ca-west-1-bundle.pem"),
        ("cn-north-1", "the RDS User Guide, chapter `Using SSL/TLS`, has its address"),
    ],
)
def test_region_without_a_ca_names_the_address_of_amazons_bundle(region: str, where: str) -> None:
    cloud = Aws()
    cloud.region = region
    (line,) = cloud.refuses()
    assert line == (
        f"caCertificate: missing, and no bundled RDS CA covers region {region}; set it to the path "
        f"of Amazon's bundle for that region: {where}"
    )


def test_unknown_region_has_no_ca() -> None:
    assert regional_authorities("cn-north-1") == ""
