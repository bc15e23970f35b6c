"""HTTP requests to a chart repository; every failure is one line about a setting."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from components.charts.repository import ChartRepository
from components.server.discovery import DiscoveryFailed

if TYPE_CHECKING:
    import requests

TIMEOUT_SECONDS = (5, 60)
"""To connect, and to wait for each answer."""
ATTEMPTS = 3


class NotFound(Exception):
    """The server has nothing at that address."""


class Downloads:
    """A session with a repository, which is the subject of every error line."""

    def __init__(self, repository: ChartRepository) -> None:
        # Loading it takes a tenth of a second, which passes while the clouds are asked.
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3 import Retry

        self.repository = repository
        self._exception = requests.RequestException
        self._session = requests.Session()
        retry = Retry(
            ATTEMPTS - 1,
            backoff_factor=0.5,
            status_forcelist=(502, 503, 504),
            raise_on_status=False,
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))
        self._token = ""

    def __enter__(self) -> "Downloads":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(self, url: str, accept: str = "*/*") -> bytes:
        """What is at the URL; raises NotFound, and DiscoveryFailed with one line."""
        response = self._request(url, accept)
        challenge = response.headers.get("WWW-Authenticate", "")
        if response.status_code == 401 and challenge.lower().startswith("bearer "):
            self._token = self._bearer_token(challenge)
            response = self._request(url, accept)
        if response.status_code == 404:
            raise NotFound
        self._refuse(response)
        return response.content

    def failure(self, what: str) -> DiscoveryFailed:
        """The error with one line that says what the repository does wrong."""
        return DiscoveryFailed([f"chartRepository: {self.repository.url} {what}"])

    def _request(
        self, url: str, accept: str, params: dict[str, str] | None = None, *, login: bool = False
    ) -> "requests.Response":
        try:
            return self._session.get(
                url,
                headers={"Accept": accept},
                params=params,
                auth=self._authentication(url, login),
                timeout=TIMEOUT_SECONDS,
                # Given to the session, the environment's CA bundle would take precedence over it.
                verify=self.repository.ca_certificate or True,
            )
        except (self._exception, OSError) as error:
            raise self.failure(_unreachable(error)) from error

    def _authentication(self, url: str, login: bool) -> Any:
        """What requests adds to a request; it takes it away where another host is redirected to."""
        repository = self.repository
        if self._token and not login:
            return _bearer(self._token)
        if repository.username and (login or repository.is_origin_of(url)):
            return repository.username.encode(), repository.password.encode()
        return None

    def _bearer_token(self, challenge: str) -> str:
        """The token that a registry's challenge asks for; anonymous where no login is set."""
        asked = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        realm = asked.pop("realm", "")
        if not realm.startswith("https://"):
            raise self.failure("asks for a token, but names no https address that issues it")
        response = self._request(realm, "application/json", asked, login=True)
        self._refuse(response)
        try:
            answer: Any = response.json()
            return str(answer.get("token") or answer["access_token"])
        except (ValueError, KeyError, AttributeError) as error:
            raise self.failure(f"is given no token by {realm}") from error

    def _refuse(self, response: "requests.Response") -> None:
        if response.status_code in (401, 403):
            raise self.failure(self._denied(response.status_code))
        if response.status_code != 200:
            raise self.failure(f"answers {response.status_code} {response.reason or ''}".rstrip())

    def _denied(self, status: int) -> str:
        if self.repository.username:
            return (
                f'refuses chartRepositoryUsername "{self.repository.username}" or its password '
                f"({status}); type `pulumi config set --secret chartRepositoryPassword`"
            )
        return (
            f"asks for a login ({status}); set chartRepositoryUsername, and type `pulumi config "
            "set --secret chartRepositoryPassword`"
        )


def _bearer(token: str) -> Callable[["requests.PreparedRequest"], "requests.PreparedRequest"]:
    def authorize(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return authorize


def _unreachable(error: BaseException) -> str:
    """What prevented the connection, without the library's wrapping of it."""
    cause: Any = error
    seen: list[object] = []
    while cause not in seen:
        seen.append(cause)
        inner = [getattr(cause, "reason", None), *cause.args, cause.__cause__]
        cause = next((each for each in inner if isinstance(each, BaseException)), cause)
    words = getattr(cause, "verify_message", None) or getattr(cause, "strerror", None) or str(cause)
    if type(cause).__name__ == "SSLCertVerificationError":
        return (
            f"has a certificate that is not trusted ({words}); set chartRepositoryCaCertificate to "
            "the path of its CA"
        )
    return f"can't be reached ({words}); check the network, or set it to a mirror"
