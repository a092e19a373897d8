"""One call to GitHub: pace, send, map what went wrong. The only place that touches githubkit.

githubkit gives the App's JWT and the HTTP client; its own retries, cache, redirects and models stay off
(RELIABILITY §3.4): a POST must never be repeated blindly or become a GET.
"""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any, Self

import httpx
from githubkit import AppAuthStrategy, GitHub, UnauthAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import GitHubException, RequestError, RequestFailed, RequestTimeout

from bot.errors import Defect, EngineError, PersonMustAct, RateLimited, Unavailable
from bot.github.config import Call, GitHubConfig
from bot.github.failure import failure, remaining_reset
from bot.github.pace import Pace

TIMEOUT = httpx.Timeout(10, read=30)
API_VERSION = "2022-11-28"
"""The oldest version that is still served, so that Enterprise Servers answer too."""
REDIRECTS = (301, 302, 307, 308)
PER_PAGE = 100
MAX_PAGES = 50
UNKNOWN_EFFECT_WAIT_S = 15.0


class Moved(Exception):
    """The answer is a redirect: the repository has another name now. Nothing was done."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class Wire:
    """Calls as the App (its JWT) or with an installation's token. A context: its connections end with it."""

    def __init__(self, config: GitHubConfig, transport: httpx.BaseTransport | None = None) -> None:
        self._config = config
        options: dict[str, Any] = {
            "base_url": config.api_url,
            "user_agent": config.user_agent,
            "timeout": TIMEOUT,
            "auto_retry": False,
            "http_cache": False,
            # githubkit's default cache is the process's, by App id alone: a new key would go on with the
            # old signature
            "cache_strategy": MemCacheStrategy(),
            "follow_redirects": False,
            "trust_env": True,
            "ssl_verify": _certificates(),
            "transport": transport,
        }
        self._app = GitHub(AppAuthStrategy(config.app_id, config.private_key), **options)
        self._plain = GitHub(UnauthAuthStrategy(), **options)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._app)
        self._stack.enter_context(self._plain)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        json: Any = None,
        params: Mapping[str, str | int] | None = None,
        pace: Pace | None = None,
        needs: str = "",
    ) -> Any:
        """The JSON of the answer (None for an empty one). `token` None: as the App. `path` may be a whole
        address.

        Raises Moved on a redirect, and what `failure` says.
        """
        response = self._sent(method, path, token, json, params, pace, needs)
        return self._json(response, method, path)

    def cursored(self, path: str) -> Iterator[Any]:
        """Items of a list that is paged by a cursor, as the App, page by page as they are asked for."""
        params: dict[str, str | int] = {"per_page": PER_PAGE}
        for _ in range(MAX_PAGES):
            response = self._sent("GET", path, None, None, params, None, "")
            yield from self._json(response, "GET", path) or ()
            address = response.links.get("next", {}).get("url", "")
            cursor = httpx.URL(address).params.get("cursor") if address else None
            if not cursor:
                return
            params["cursor"] = cursor

    def _sent(
        self,
        method: str,
        path: str,
        token: str | None,
        json: Any,
        params: Mapping[str, str | int] | None,
        pace: Pace | None,
        needs: str,
    ) -> httpx.Response:
        """One call and what it means."""
        write = method != "GET"
        if pace is not None:
            pace.before(write=write)
        try:
            response = self._exchange(method, path, token, json, params)
        except RequestError as lost:
            raise _lost(lost, f"{method} {_plain(path)}", as_app=token is None) from lost
        self._limits(response, pace)
        if response.status_code in REDIRECTS:
            raise Moved(self._own(response.headers.get("location", ""), path))
        if response.status_code >= 400:
            problem = failure(
                response.status_code,
                response.headers,
                response.content,
                what=f"{method} {_plain(path)}",
                now=time.time(),
                needs=needs,
            )
            if isinstance(problem, RateLimited) and pace is not None:
                pace.silence(problem.after_s, problem.message)
            raise problem
        return response

    def _exchange(
        self, method: str, path: str, token: str | None, json: Any, params: Mapping[str, str | int] | None
    ) -> httpx.Response:
        kit = self._app if token is None else self._plain
        headers = {"X-GitHub-Api-Version": API_VERSION}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        started = time.monotonic()
        try:
            answer = kit.request(method, path, json=json, params=dict(params) if params else None, headers=headers)
            response = answer.raw_response
        except RequestFailed as error:
            response = error.response.raw_response
        except (RequestError, GitHubException):
            self._observe(method, path, 0, time.monotonic() - started, None)
            raise
        remaining = response.headers.get("x-ratelimit-remaining", "")
        self._observe(
            method,
            path,
            response.status_code,
            time.monotonic() - started,
            int(remaining) if remaining.isdigit() else None,
        )
        return response

    def _observe(self, method: str, path: str, status: int, seconds: float, remaining: int | None) -> None:
        if self._config.observe is not None:
            self._config.observe(Call(method, _plain(path), status, seconds, remaining))

    def _own(self, location: str, path: str) -> str:
        """The redirect's target, if it is on the same host: a token goes nowhere else. Raises Unavailable."""
        here = httpx.URL(self._config.api_url)
        target = here.join(location)
        if not location or (target.scheme, target.netloc) != (here.scheme, here.netloc):
            raise Unavailable(f"GitHub redirects {_plain(path)} to another host", after_s=60)
        return str(target)

    def _limits(self, response: httpx.Response, pace: Pace | None) -> None:
        """The last call of the hour was answered: the next one would be refused, so it is not sent."""
        spent = response.headers.get("x-ratelimit-remaining") == "0"
        if pace is not None and spent and response.status_code < 400:
            wait = remaining_reset(response.headers, time.time())
            pace.silence(wait, "GitHub's hourly limit of calls is used up. Resumes by itself.")

    def _json(self, response: httpx.Response, method: str, path: str) -> Any:
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise Unavailable(
                f"GitHub's answer to {method} {_plain(path)} is not JSON", after_s=UNKNOWN_EFFECT_WAIT_S
            ) from error


@cache
def _certificates() -> ssl.SSLContext:
    """Loaded once a process: httpx would read the whole bundle for every client."""
    return httpx.create_ssl_context()


def paged(
    send: Callable[[Mapping[str, str | int]], Any],
    *,
    key: str | None = None,
    params: Mapping[str, str | int] | None = None,
) -> Iterator[Any]:
    """Items of all pages of a list, lazily; `send` asks for one page, `key` names the list's field in a
    document.
    """
    seen: Any = None
    for page in range(1, MAX_PAGES + 1):
        answer = send({**(params or {}), "per_page": PER_PAGE, "page": page})
        items = answer.get(key, []) if key and isinstance(answer, dict) else answer
        if not isinstance(items, list) or not items or items[0] == seen:
            return  # an implementation without paging answers the same page again
        yield from items
        if len(items) < PER_PAGE:
            return
        seen = items[0]


def _lost(error: RequestError[Any], what: str, *, as_app: bool) -> EngineError:
    """No answer came. Network trouble passes; a key that cannot sign does not."""
    if isinstance(error, RequestTimeout):
        return Unavailable(f"GitHub did not answer {what} in time.", after_s=UNKNOWN_EFFECT_WAIT_S)
    if isinstance(error.exc, httpx.HTTPError | OSError):
        return Unavailable(f"GitHub could not be reached for {what}: {error.exc}", after_s=UNKNOWN_EFFECT_WAIT_S)
    if as_app:
        return PersonMustAct(
            "The App's private key cannot be used to sign.",
            remedy="Set GITHUB_PRIVATE_KEY to the whole PEM text of a key of this App,"
            " or GITHUB_PRIVATE_KEY_PATH to its file.",
        )
    return Defect(f"{what} could not be sent: {type(error.exc).__name__}")


def _plain(path: str) -> str:
    """The path alone, for people and logs."""
    return httpx.URL(path).path
