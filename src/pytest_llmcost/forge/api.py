"""The API of a forge over HTTP: who asks, how often, how long, and that nothing leaves for another host."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from pytest_llmcost import __version__
from pytest_llmcost.forge.address import checked_url, is_loopback, is_safe, origin
from pytest_llmcost.forge.answers import Answer, Shape, data, failure, line, value
from pytest_llmcost.forge.failure import AgainError, DownError, ForgeError
from pytest_llmcost.forge.token import Token, unsigned
from pytest_llmcost.forge.waiting import Patience, pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests import Response, Session

__all__ = ["GITHUB", "GITLAB", "Api", "Dialect", "Token"]

TIMEOUT = (5.0, 20.0)
"""Seconds to connect, and for the next bytes to come."""

ANSWER_SECONDS = 60.0
"""Seconds for a whole answer: bytes that come one by one would never time out."""

PAGE = 100
"""Things on a page; the most that both forges give."""

MOST_PAGES = 30
MOST_ANSWER_BYTES = 32 * 1024 * 1024
"""Of one answer with JSON: a page of 100 comments of full length has 26 MB at most."""

MOST_HOPS = 3
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a forge wants to be addressed."""

    header: str
    """The header that carries the token."""
    prefix: str = ""
    headers: tuple[tuple[str, str], ...]
    next_page: str | None = None
    """The header that names the next page, empty on the last one; None: a page that is not full is the last one."""


GITHUB = Dialect(
    header="Authorization",
    prefix="Bearer ",
    headers=(
        ("Accept", "application/vnd.github+json, application/json;q=0.9"),
        ("X-GitHub-Api-Version", "2022-11-28"),
    ),
)
GITLAB = Dialect(header="PRIVATE-TOKEN", headers=(("Accept", "application/json"),), next_page="x-next-page")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """One request; `is_repeatable` when sending it twice is the same as sending it once, and needs no second look."""

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    json: Any = None
    is_repeatable: bool = True
    at_most: int = MOST_ANSWER_BYTES

    @property
    def shown(self) -> str:
        return f"{self.method} {line(urlsplit(self.url).path)}"


@dataclass(frozen=True, slots=True)
class _Dropped:
    """No answer came; `is_final` when none would come another time."""

    why: str
    is_final: bool = False


class Api:
    """A forge's API. Its repr, its errors and what it logs never hold the token.

    Proxies and certificates are taken from the environment, as `requests` does; .netrc is not. One command uses one
    object: the time that it may wait is shared by all that it asks. `clock` is in seconds since 1970.
    Raises ForgeError for a URL that is not https, nor http on the loopback.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        dialect: Dialect = GITHUB,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = checked_url(url)
        self.host = urlsplit(self.url).netloc
        self._dialect = dialect
        self._token = token
        self._clock = clock
        self._patience = Patience(sleep)
        self._session = _session(dialect.headers, token.signing(dialect.header, dialect.prefix))

    def __repr__(self) -> str:
        return f"Api({self.url!r})"

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Return the JSON at a path below the API's URL. Raises ForgeError."""
        return value(self._answer(_Ask(method="GET", url=self._below(path), query=tuple((query or {}).items()))))

    def pages(self, path: str, query: Mapping[str, str] | None = None, *, key: str | None = None) -> Iterator[Any]:
        """Yield what all pages of a list hold; `key` names the list in answers that are objects.

        Pages are counted: a link to the next one could lead to another host. Raises ForgeError, also when there are
        more than 30 pages.
        """
        page = 1
        for _ in range(MOST_PAGES):
            whole = {**(query or {}), "per_page": str(PAGE), "page": str(page)}
            answer = self._answer(_Ask(method="GET", url=self._below(path), query=tuple(whole.items())))
            found = value(answer)
            items = found if key is None else Shape(found, f"the answer to {answer.asked}").items(key)
            if not isinstance(items, list):
                raise ForgeError(f"{answer.asked} was not answered with a list: is the URL that of the API?")
            yield from items
            following = self._page_after(page, len(items), answer.headers)
            if following is None:
                return
            page = following
        raise ForgeError(f"{self.host} has more than {MOST_PAGES * PAGE:,} things at {path}: not all can be read")

    def write(self, method: str, path: str, body: object = None) -> Any:
        """Send a write once, and return the JSON of its answer.

        Raises AgainError, after a wait, when it is not known whether it was done, or a limit was met: a write is
        repeated only by one who has read again what is there. Raises ForgeError.
        """
        return value(self._answer(_Ask(method=method, url=self._below(path), json=body, is_repeatable=False)))

    def graphql(self, query: str, variables: Mapping[str, str], *, is_repeatable: bool) -> Shape:
        """Return the data of a GraphQL query; it is beside the REST API, on the same host. Raises ForgeError."""
        url = f"{self.url.removesuffix('/api/v3')}/api" if self.url.endswith("/api/v3") else self.url
        json = {"query": query, "variables": dict(variables)}
        return data(self._answer(_Ask(method="POST", url=f"{url}/graphql", json=json, is_repeatable=is_repeatable)))

    def download(self, path: str, *, at_most: int) -> bytes:
        """Return a file of at most so many bytes, which the API hands out itself or by a redirect to its storage.

        The token stays with the API's own host. Raises ForgeError, also for a file that is too long.
        """
        ask = _Ask(method="GET", url=self._below(path), at_most=at_most)
        for _ in range(MOST_HOPS):
            answer = self._answer(ask)
            if answer.status not in {301, 302, 303, 307, 308}:
                if not answer.is_good:
                    raise failure(answer)
                return answer.body
            ask = _Ask(method="GET", url=self._target(ask.url, answer), at_most=at_most)
        raise ForgeError(f"{self.host} redirects a download more than {MOST_HOPS} times: try again later")

    def _below(self, path: str) -> str:
        if not path.startswith("/") or "//" in path or "?" in path or "#" in path or "/../" in f"{path}/":
            raise ForgeError(f"{path!r} is not a path of the API")
        return self.url + path

    def _target(self, url: str, answer: Answer) -> str:
        target = urljoin(url, answer.headers.get("location", ""))
        if not is_safe(target) or (is_loopback(urlsplit(target).hostname or "") and not self._is_local):
            raise ForgeError(f"{answer.asked} redirects to a place that is not safe to read from")
        return target

    @property
    def _is_local(self) -> bool:
        return is_loopback(urlsplit(self.url).hostname or "")

    def _page_after(self, page: int, items: int, headers: Mapping[str, str]) -> int | None:
        named = self._dialect.next_page
        if named is not None and named in headers:
            text = headers[named]
            return int(text) if text.isascii() and text.isdecimal() and page < int(text) <= page + 1 else None
        return page + 1 if items >= PAGE else None

    def _answer(self, ask: _Ask) -> Answer:
        """Ask until there is an answer that stands; raise DownError when it takes too long."""
        while True:
            began = self._clock()
            answer = self._once(ask)
            seconds, why = self._verdict(answer)
            if seconds is None and isinstance(answer, Answer):
                return answer
            self._patience.spend(self._clock() - began)
            if seconds is None or not self._patience.wait(seconds):
                later = "" if seconds is None else ": it is not waited for any longer, so run this step again later"
                raise DownError(f"{self.host} does not work: {why}{later}")
            if not ask.is_repeatable:
                raise AgainError(f"{self.host} did not confirm {ask.shown}: {why}")

    def _verdict(self, answer: Answer | _Dropped) -> tuple[float | None, str]:
        """Return the seconds after which to ask again, None when that is of no use, and why."""
        if isinstance(answer, _Dropped):
            return None if answer.is_final else self._patience.pause_after_fault(), answer.why
        text = "" if answer.is_good else answer.text
        seconds = pause(answer.status, answer.headers, text, patience=self._patience, now=self._clock())
        return seconds, self._token.hidden(str(failure(answer))) if seconds is not None else ""

    def _once(self, ask: _Ask) -> Answer | _Dropped:
        is_own = origin(ask.url) == origin(self.url)
        session = self._session if is_own else _session((), unsigned)
        try:
            response = session.request(
                ask.method,
                ask.url,
                params=ask.query,
                json=ask.json,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            )
            with response:
                body = self._body(response, ask)
        except ForgeError:
            raise
        except Exception as error:
            # Whatever it is, it holds the request, and with it the token: it must not reach a traceback.
            return _dropped(error)
        body = body if response.ok else self._token.hidden(body.decode("utf-8", "replace")).encode()
        return Answer(asked=ask.shown, status=response.status_code, headers=response.headers, body=body)

    def _body(self, response: Response, ask: _Ask) -> bytes:
        began, chunks, size = self._clock(), [], 0
        for chunk in response.iter_content(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > ask.at_most:
                raise ForgeError(f"{ask.shown} was answered with more than {ask.at_most:,} bytes, which is refused")
            if self._clock() - began > ANSWER_SECONDS:
                raise TimeoutError
        return b"".join(chunks)


def _session(headers: tuple[tuple[str, str], ...], sign: Callable[..., Any]) -> Session:
    import requests

    session = requests.Session()
    session.headers.update({"User-Agent": f"pytest-llmcost/{__version__}", **dict(headers)})
    session.auth = sign
    return session


def _dropped(error: Exception) -> _Dropped:
    """Say in our own words why no answer came: those of `requests` may quote what was sent."""
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return _Dropped(
            "no safe connection is possible: its certificate is not accepted, or it speaks no TLS", is_final=True
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return _Dropped("the proxy that the environment names does not work")
    if isinstance(error, requests.exceptions.Timeout | TimeoutError):
        return _Dropped("it did not answer in time")
    if isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return _Dropped("the connection broke")
    return _Dropped(f"the request failed ({type(error).__name__})", is_final=True)
