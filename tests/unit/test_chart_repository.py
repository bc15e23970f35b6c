"""The pinned chart is fetched from its repository, checked, and kept by its digest."""

import base64
import datetime
import hashlib
import ipaddress
import json
import shutil
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from tests import chart_server
from tests.unit.conftest import KEY
from tests.unit.pretend import deploy, refused, unwrapped
from tests.unit.stacks import Stack, made

PASSWORD = "r3p0 canary/word"
LOGIN = {"chartRepositoryUsername": "bob", "chartRepositoryPassword": PASSWORD}
SECRETS = ("existing", "chartRepositoryPassword")
VERSION = "2.38.8"


@pytest.fixture
def mirror(charts_folder: Path, tmp_path: Path) -> Path:
    """A folder with the v2 charts, for a test to change."""
    return Path(shutil.copytree(charts_folder / "v2", tmp_path / "v2"))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "coder-charts"


def v2(url: str, **changes: Any) -> Stack:
    return made(chartVersion=VERSION, chartRepository=url) | changes


def line(stack: Stack) -> str:
    """The one line that refuses the stack; no line has the password."""
    [found] = refused(stack, secrets=SECRETS)
    assert PASSWORD not in found
    return found


def test_an_archive_is_downloaded_once_and_found_in_the_cache_by_its_digest(
    mirror: Path, cache: Path
) -> None:
    asked: list[str] = []

    class Recording(SimpleHTTPRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            asked.append(self.path)

    archive = mirror / f"coder-{VERSION}.tgz"
    with chart_server.serve(mirror, Recording) as url:
        deploy(v2(url))
        deploy(v2(url))
        assert asked == ["/index.yaml", f"/{archive.name}", "/index.yaml"]
        [cached] = cache.iterdir()
        assert cached.stem == hashlib.sha256(archive.read_bytes()).hexdigest()
        cached.write_bytes(b"damaged")
        deploy(v2(url))
    assert asked[-1] == f"/{archive.name}", "what the cache has must have the digest of its name"
    assert cached.read_bytes() == archive.read_bytes()


def test_a_home_without_a_cache_only_costs_downloads(
    charts_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    deploy(v2(f"{charts_url}/v2"))


def test_a_repository_that_cannot_be_reached_is_one_line() -> None:
    assert line(v2("http://127.0.0.1:1/charts")) == (
        "chartRepository: http://127.0.0.1:1/charts can't be reached (Connection refused); check "
        "the network, or set it to a mirror"
    )
    assert line(v2("https://charts.invalid")).startswith(
        "chartRepository: https://charts.invalid can't be reached ("
    )


def test_all_other_faults_are_said_beside_a_repository_that_cannot_be_reached() -> None:
    lines = refused(v2("http://127.0.0.1:1", replicas=0, cluster={"endpoint": "https://other"}))
    assert [each.split(":")[0] for each in lines] == [
        "replicas",
        "cluster.endpoint",
        "chartRepository",
    ]


def test_a_version_that_the_repository_lacks_is_one_line(charts_url: str) -> None:
    assert line(v2(f"{charts_url}/v2", chartVersion="2.38.9")) == (
        f"chartVersion: {charts_url}/v2 has no chart coder 2.38.9, only 2.38.8, 2.38.7, 2.34.10 "
        "and other versions"
    )


def test_an_address_without_an_index_is_one_line(mirror: Path) -> None:
    (mirror / "index.yaml").unlink()
    with chart_server.serve(mirror) as url:
        assert line(v2(url)) == (
            f"chartRepository: {url} has no index.yaml, so it is no chart repository"
        )
        for text in ("<html>", "entries: 3", "- a", "entries: {coder: {a: b", ""):
            (mirror / "index.yaml").write_text(text)
            assert line(v2(url)) == (
                f"chartRepository: {url} has an index.yaml that is no index of charts"
            )


def test_another_archive_than_the_index_names_is_refused(mirror: Path, cache: Path) -> None:
    shutil.copy(mirror / "coder-2.38.7.tgz", mirror / f"coder-{VERSION}.tgz")
    with chart_server.serve(mirror) as url:
        assert line(v2(url)).startswith(
            f"chartRepository: {url} serves another coder-{VERSION} than it names: its SHA-256 is "
        )
    assert not cache.exists()


def test_an_archive_that_is_missing_is_one_line(mirror: Path) -> None:
    (mirror / f"coder-{VERSION}.tgz").unlink()
    with chart_server.serve(mirror) as url:
        assert line(v2(url)) == (
            f"chartRepository: {url} names coder-{VERSION}, but does not have it"
        )


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x1f\x8b\x08\x00"])
def test_a_file_that_is_no_archive_is_one_line(mirror: Path, content: bytes) -> None:
    index = yaml.safe_load((mirror / "index.yaml").read_text())
    for entry in index["entries"]["coder"]:
        del entry["digest"]
    (mirror / "index.yaml").write_text(yaml.safe_dump(index))
    (mirror / f"coder-{VERSION}.tgz").write_bytes(content)
    with chart_server.serve(mirror) as url:
        assert line(v2(url)) == (
            f"chartRepository: {url} serves a coder-{VERSION} that is no chart: it is no .tgz file"
        )


def test_the_other_chart_under_the_same_name_is_refused(
    charts_folder: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.cluster import chart_repository

    files = {"values.yaml": yaml.safe_dump({"coderd": {}, "postgres": {}}).encode()}
    entry = chart_repository._package(mirror, "v2", VERSION, files)
    index = {"apiVersion": "v1", "entries": {"coder": [entry]}}
    (mirror / "index.yaml").write_text(yaml.safe_dump(index))
    with chart_server.serve(mirror) as url:
        found = line(v2(url))
        assert found.startswith(f"chartRepository: {url} serves the classic chart as coder-2.38.8;")


@pytest.fixture
def _server_certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 and its key in one file; it is its own CA."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "charts")])
    day = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(
        name, name, KEY.public_key(), 2, day, day + datetime.timedelta(days=9)
    ).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
    )
    certificate = builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    key = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "ca.pem").write_bytes(certificate)
    (tmp_path / "server.pem").write_bytes(certificate + key)
    return tmp_path


class Server:
    """An HTTPS server: a Helm repository that asks for a login, and an OCI registry."""

    def __init__(self, folder: Path, mirror: Path) -> None:
        self.ca = str(folder / "ca.pem")
        self.mirror = mirror
        self.anonymous = False
        self.tokens = True
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Print nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem")
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        # The usual interval makes each shutdown wait for half a second.
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        self.host = f"127.0.0.1:{self.http.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path, _, query = request.path.partition("?")
        given = request.headers.get("Authorization", "")
        basic = "Basic " + base64.b64encode(f"bob:{PASSWORD}".encode()).decode()
        known = given == basic or (self.anonymous and not given)
        if path == "/token" and known and "scope=repository" in query:
            self.send(request, 200, json.dumps({"token": "t0k3n"}).encode())
        elif path.startswith("/v2/"):
            if given == "Bearer t0k3n" or (given == basic and not self.tokens):
                self.registry(request, path)
            else:
                challenge = f'Bearer realm="https://{self.host}/token",service="s",scope="repository:team/coder:pull"'
                self.send(request, 401, b"", challenge if self.tokens else 'Basic realm="s"')
        elif known and path != "/token":
            self.send(request, 200, (self.mirror / path.lstrip("/")).read_bytes())
        else:
            self.send(request, 401, b"", 'Basic realm="s"')

    def registry(self, request: BaseHTTPRequestHandler, path: str) -> None:
        archive = self.mirror / f"coder-{VERSION}.tgz"
        digest = f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
        media = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
        manifest = {"layers": [{"mediaType": media, "digest": digest}]}
        answers = {
            f"/v2/team/coder/manifests/{VERSION}": json.dumps(manifest).encode(),
            f"/v2/team/coder/blobs/{digest}": archive.read_bytes(),
        }
        self.send(request, 200 if path in answers else 404, answers.get(path, b"{}"))

    @staticmethod
    def send(request: BaseHTTPRequestHandler, code: int, body: bytes, challenge: str = "") -> None:
        request.send_response(code)
        if challenge:
            request.send_header("WWW-Authenticate", challenge)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


@pytest.fixture
def server(_server_certificate: Path, mirror: Path) -> Iterator[Server]:
    found = Server(_server_certificate, mirror)
    yield found
    found.http.shutdown()
    found.http.server_close()


@pytest.fixture(params=["https", "oci"])
def private(request: pytest.FixtureRequest, server: Server) -> Stack:
    """A stack whose chart comes from the server, by either protocol, with its CA."""
    url = f"https://{server.host}" if request.param == "https" else f"oci://{server.host}/team"
    return v2(url, chartRepositoryCaCertificate=server.ca)


def test_a_login_and_a_ca_open_a_private_repository(
    private: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("components.charts.installation.FOLDER", tmp_path / "charts")
    engine = deploy(private | LOGIN, secrets=SECRETS)
    release = engine.named("coder-release")
    assert PASSWORD not in "".join(each.in_the_clear for each in engine.asked)
    assert PASSWORD not in json.dumps(unwrapped(engine.exports))
    if private["chartRepository"].startswith("https"):
        assert release.plain["chart"] == "coder"
        assert release.plain["repositoryOpts"] == {
            "repo": private["chartRepository"],
            "username": "bob",
            "password": PASSWORD,
            "caFile": private["chartRepositoryCaCertificate"],
        }


def test_the_release_of_a_registry_installs_the_archive_that_was_checked(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("components.charts.installation.FOLDER", tmp_path / "charts")
    server.anonymous = True
    stack = v2(f"oci://{server.host}/team/", chartRepositoryCaCertificate=server.ca)
    release = deploy(stack).named("coder-release").plain
    archive = server.mirror / f"coder-{VERSION}.tgz"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert release["chart"] == f"./{tmp_path}/charts/{digest[:12]}/{archive.name}"
    assert "repositoryOpts" not in release
    assert Path(release["chart"][2:]).read_bytes() == archive.read_bytes()


def test_a_registry_without_tokens_takes_the_login_itself(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("components.charts.installation.FOLDER", tmp_path / "charts")
    server.tokens = False
    stack = v2(f"oci://{server.host}/team", chartRepositoryCaCertificate=server.ca)
    deploy(stack | LOGIN, secrets=SECRETS)


def test_a_missing_login_is_one_line(private: Stack) -> None:
    assert line(private) == (
        f"chartRepository: {private['chartRepository']} asks for a login (401); set "
        "chartRepositoryUsername, and type `pulumi config set --secret chartRepositoryPassword`"
    )


def test_a_wrong_login_is_one_line(private: Stack) -> None:
    wrong = private | LOGIN | {"chartRepositoryPassword": "wrong"}
    assert line(wrong) == (
        f'chartRepository: {private["chartRepository"]} refuses chartRepositoryUsername "bob" or '
        "its password (401); type `pulumi config set --secret chartRepositoryPassword`"
    )


def test_a_certificate_that_is_not_trusted_is_one_line(private: Stack) -> None:
    found = line(private | LOGIN | {"chartRepositoryCaCertificate": ""})
    assert "has a certificate that is not trusted (self-signed certificate); set " in found
    assert "chartRepositoryCaCertificate to the path of its CA" in found


def test_a_version_that_the_registry_lacks_is_one_line(server: Server) -> None:
    stack = v2(f"oci://{server.host}/team", chartRepositoryCaCertificate=server.ca)
    assert line(stack | LOGIN | {"chartVersion": "2.38.7"}) == (
        f"chartVersion: oci://{server.host}/team has no chart coder 2.38.7; a registry's address "
        "ends before the chart's name"
    )


def test_a_password_in_the_clear_is_refused(charts_url: str) -> None:
    stack = v2(f"{charts_url}/v2") | LOGIN
    assert refused(stack) == [
        "chartRepositoryPassword: is not encrypted; type `pulumi config set --secret "
        "chartRepositoryPassword`"
    ]


def test_the_login_is_not_sent_to_another_host(mirror: Path, server: Server) -> None:
    seen: list[str | None] = []

    class Elsewhere(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            super().do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    with chart_server.serve(mirror, Elsewhere) as url:
        index = yaml.safe_load((mirror / "index.yaml").read_text())
        for entry in index["entries"]["coder"]:
            entry["urls"] = [f"{url}/{entry['urls'][0]}"]
        (mirror / "index.yaml").write_text(yaml.safe_dump(index))
        stack = v2(f"https://{server.host}", chartRepositoryCaCertificate=server.ca)
        deploy(stack | LOGIN, secrets=SECRETS)
    assert seen == [None]


def test_the_cloud_is_asked_while_the_chart_is_fetched(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    class Waiting(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            assert asked.wait(30), "the cloud is asked only after the chart"
            super().do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    from components import existing

    discover = existing.discover
    monkeypatch.setattr(existing, "discover", lambda request: asked.set() or discover(request))
    with chart_server.serve(mirror, Waiting) as url:
        deploy(v2(url))
