"""The certificates that the tool takes from the npm package's JavaScript."""

from tests.unit.conftest import certificate
from tools import refresh_rds_ca


def test_only_certificates_that_have_not_expired_are_taken_sorted_by_name() -> None:
    packaged = (certificate("b"), certificate("expired", last_year=2025), certificate("a"))
    script = "module.exports = [\n" + "".join(map(_javascript, packaged)) + "];\n"
    found = refresh_rds_ca.certificates(script)
    assert [refresh_rds_ca.name(each) for each in found] == ["a", "b"]


def _javascript(pem: str) -> str:
    """A certificate as the package writes it: one string for each line."""
    return " +\n".join(f"  '{line}\\n'" for line in pem.splitlines()) + ",\n"
