"""The certificates that the tool takes from the npm package's JavaScript, a file or an address."""

import io
import re
from pathlib import Path

import pytest

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


def test_file_of_amazons_bundle_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, bundle = tmp_path / "global-bundle.pem", tmp_path / "ca.pem"
    source.write_text(certificate("b") + certificate("a"))
    monkeypatch.setattr(refresh_rds_ca, "BUNDLE", bundle)
    monkeypatch.setattr("sys.argv", ["refresh", str(source)])
    refresh_rds_ca.main()
    assert re.findall("^# (.*)$", bundle.read_text(), re.MULTILINE) == ["a", "b"]


def test_address_of_amazons_bundle_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(address: str, timeout: int) -> io.BytesIO:
        return io.BytesIO(f"{address} {timeout}".encode())

    monkeypatch.setattr("urllib.request.urlopen", answer)
    assert refresh_rds_ca.fetch("https://example.com/x.pem") == "https://example.com/x.pem 60"


@pytest.mark.parametrize("source", ["none.pem", "none/at-all"])
def test_missing_file_is_one_line(source: str) -> None:
    with pytest.raises(SystemExit, match=f"^{source}: there is no such file$"):
        refresh_rds_ca.fetch(source)
