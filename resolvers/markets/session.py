"""HTTP with manners: time-outs, rate limits, reads that are retried and writes that never are.

A write whose answer is lost (time-out, cut connection, 5xx, an unreadable answer) raises `Unanswered`: it may have been
accepted, and only reading the state back can tell. Every sentence passes the key's redaction.
"""

from __future__ import annotations

import html
import json
import os
import queue
import re
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar, cast
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.keys import Key, without_key
from scale_forecast.resolvers.markets.timing import Clock, Rate, RateLimit

LONGEST_WAIT = 60.0
"""Seconds; a service that asks for a longer pause is reported instead of waited for."""
LARGEST_ANSWER = 64 * 2**20
CHUNK = 65536
RETRIED = (429, 500, 502, 503, 504)
SLOW = Rate(1, 1.0)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HOPS = 4
"""Redirects that a read without a key follows, as far as `may_follow` allows."""


_Result = TypeVar("_Result")


class ServiceError(DataError):
    """A service did not do what was asked; the message says why."""


class Refused(ServiceError):
    """The service answered and said no: nothing was changed."""


class Unanswered(ServiceError):
    """The answer to a write was lost: it may or may not have been accepted."""


@dataclass(frozen=True)
class Site:
    """Where a service is, how it wants its key, and how often it may be asked."""

    name: str
    base: str
    scheme: str = ""
    variable: str = ""
    reads: Rate = SLOW
    writes: Rate = SLOW


@dataclass(frozen=True)
class Patience:
    """Seconds to connect, between two parts of an answer, and for a whole answer; how often a read is tried again."""

    connect: float = 5.0
    read: float = 20.0
    whole: float = 60.0
    retries: int = 4
    backoff: float = 0.5


class _ReadRetry(Retry):
    """urllib3's retry policy for reads, waiting on our clock and never longer than `LONGEST_WAIT`."""

    clock = Clock()

    def new(self, **changes: Any) -> _ReadRetry:
        copy = super().new(**changes)
        copy.clock = self.clock
        return copy

    def sleep(self, response: Any = None) -> None:
        header = response.headers.get("Retry-After") if response is not None else None
        asked = seconds_to_wait(header, self.clock.now())
        pause = self.get_backoff_time() if asked is None else asked
        if pause > LONGEST_WAIT:
            raise ServiceError(f"asks to wait {pause:.0f} s: try again then")
        if pause > 0:
            self.clock.sleep(pause)


def seconds_to_wait(header: str | None, now: datetime) -> float | None:
    """Seconds in a Retry-After header, a number or a date; None where it is missing or unreadable.

    >>> now = datetime.fromisoformat("2026-11-24T12:00:00+00:00")
    >>> [seconds_to_wait(text, now) for text in ("10", "Tue, 24 Nov 2026 12:00:05 GMT", "soon", None)]
    [10.0, 5.0, None, None]
    """
    if header is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}\s*", header):
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max((until - now).total_seconds(), 0.0) if until.tzinfo else None


class _Bearer(requests.auth.AuthBase):
    """Sets the Authorization header, so that no password file of the system can replace it."""

    def __init__(self, key: Key | None, scheme: str) -> None:
        self.key, self.scheme = key, scheme

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.key is not None:
            request.headers["Authorization"] = self.key.header(self.scheme)
        return request


class Session:
    """One service over HTTP.

    Parameters
    ----------
    site : Site
    key : Key, optional
        Sent only to the site itself, and only over an encrypted connection or to this machine.
    clock, patience : for tests

    ``last_answer`` is what the last read gave, for saving.
    """

    last_answer: bytes = b""

    def __init__(
        self, site: Site, key: Key | None = None, clock: Clock | None = None, patience: Patience | None = None
    ) -> None:
        self.site, self.key = site, key
        self.clock, self.patience = clock or Clock(), patience or Patience()
        address = urlsplit(site.base)
        if key is not None and address.scheme != "https" and address.hostname not in LOOPBACK:
            raise DataError(f"{site.base} is not encrypted: a key is sent only over https")
        self._limits = {"GET": RateLimit(site.reads, self.clock), "POST": RateLimit(site.writes, self.clock)}
        self._http = {"GET": self._connections(self._read_retry()), "POST": self._connections(Retry(0, read=False))}
        self._http["POST"].headers["Connection"] = "close"  # a reused connection may be dead, and then nobody knows

    def __repr__(self) -> str:
        return f"Session({self.site.name} at {self.site.base})"

    def _connections(self, retry: Retry) -> requests.Session:
        http = requests.Session()
        http.trust_env = False  # no password file, and no proxy for this machine's own addresses
        if urlsplit(self.site.base).hostname not in LOOPBACK:
            http.proxies = requests.utils.get_environ_proxies(self.site.base)
            http.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        http.auth = _Bearer(self.key, self.site.scheme)
        http.headers["User-Agent"] = "scale-forecast"
        for scheme in ("https://", "http://"):
            http.mount(scheme, HTTPAdapter(max_retries=retry))
        return http

    def _read_retry(self) -> Retry:
        patience = self.patience
        retry = _ReadRetry(
            total=patience.retries,
            allowed_methods={"GET"},
            status_forcelist=RETRIED,
            backoff_factor=patience.backoff,
            backoff_max=LONGEST_WAIT,
            raise_on_status=False,
        )
        retry.clock = self.clock
        return retry

    def get(self, path: str, **parameters: Any) -> Any:
        """Read JSON; tried again on 429, 5xx, a lost connection or a cut answer."""
        for attempt in range(self.patience.retries + 1):
            try:
                status, body = self._exchange("GET", path, parameters, None)
            except _FAILURES as error:
                broken_off = isinstance(error, urllib3.exceptions.HTTPError | requests.exceptions.ChunkedEncodingError)
                if broken_off and attempt < self.patience.retries:
                    self.clock.sleep(self.patience.backoff * 2**attempt)
                    continue
                raise self._error(ServiceError, f"did not answer ({_why(error)}): try again later") from None
            except ServiceError as error:
                raise self._error(ServiceError, str(error)) from None
            if status == 200:
                self.last_answer = body
                return self._json(body, ServiceError)
            raise self._refusal(status, body)
        raise AssertionError("every attempt returns or raises")

    def post(self, path: str, body: Any) -> Any:
        """Write JSON, exactly once. `Refused` means that nothing was changed, `Unanswered` that nobody knows."""
        try:
            status, answer = self._exchange("POST", path, {}, body)
        except _FAILURES as error:
            if isinstance(error, requests.ConnectTimeout) or _is_unsent(error) or _is_untrusted(error):
                raise self._error(Refused, f"cannot be reached ({_why(error)}): nothing was sent") from None
            raise self._error(Unanswered, f"gave no answer ({_why(error)})") from None
        if 200 <= status < 300:
            return self._json(answer, Unanswered)
        if 400 <= status < 500 and status != 408:
            raise self._refusal(status, answer)
        raise self._error(Unanswered, f"answered {status} ({self._reason(answer) or 'no reason given'})")

    def last_text(self) -> str:
        """`last_answer` as text, without the key should the service have echoed it."""
        text = self.last_answer.decode("utf-8", "replace")
        return self.key.redact(text) if self.key else text

    def _reason(self, body: bytes) -> str:
        """What an error says; the key is cut out before anything else is, so that no part of it stays."""
        return reason(body, self.key)

    def _exchange(self, method: str, path: str, parameters: dict[str, Any], body: Any) -> tuple[int, bytes]:
        """Status and body of an answer; redirects are followed by reads without a key alone."""
        address = f"{self.site.base}/{path.lstrip('/')}"
        self._limits[method].wait()
        for _ in range(HOPS):
            status, answer, onward = self._request(method, address, parameters, body)
            if onward is None or method != "GET" or self.key is not None:
                break
            address, parameters = urljoin(address, onward), {}
            if not may_follow(self.site.base, address):
                break
        return status, answer

    def _request(
        self, method: str, address: str, parameters: dict[str, Any], body: Any
    ) -> tuple[int, bytes, str | None]:
        """Status, body and, of a redirect, the address it names; all within `Patience.whole`, retries apart."""

        def ask() -> tuple[int, bytes, str | None]:
            with self._http[method].request(
                method,
                address,
                params=parameters,
                json=body,
                timeout=(self.patience.connect, self.patience.read),
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.is_redirect:  # its body is nobody's concern, and may be endless
                    return response.status_code, b"", response.headers["location"]
                return response.status_code, self._read(response, self.clock.monotonic() + self.patience.whole), None

        tries = self.patience.retries + 1 if method == "GET" else 1
        return _within(tries * self.patience.whole + (tries - 1) * LONGEST_WAIT + 1.0, ask)

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        """The body, part by part, so that one that drips for ever ends at the deadline."""
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER:
                raise _TooSlow("the answer is larger than 64 MB")
            if self.clock.monotonic() > deadline:
                raise _TooSlow(f"the answer took more than {self.patience.whole:g} s")
        return b"".join(parts)

    def _json(self, body: bytes, kind: type[ServiceError]) -> Any:
        try:
            return without_key(json.loads(body), self.key)
        except (ValueError, RecursionError):
            said = self._reason(body) or "empty"
            raise self._error(kind, f"answered with something that is not JSON ({said})") from None

    def _refusal(self, status: int, body: bytes) -> ServiceError:
        why = f"{status}: {self._reason(body) or 'no reason given'}"
        if "api_forecasting_not_enabled" in body.decode("utf-8", "replace"):
            sentence = f"takes no forecasts from this account over its interface ({why})"
        elif status in (401, 403) and self.key is None and self.site.variable:
            sentence = f"wants a key ({why}): set {self.site.variable} or store one in the system keyring"
        elif status in (401, 403) and self.key is not None:
            sentence = f"refused, with the key from {self.key.place} ({why})"
        elif 300 <= status < 400:
            sentence = f"sends on to another address ({status}), where no key and no request of ours goes"
        elif status == 404:
            sentence = f"has nothing at this address ({why}): check the id"
        elif status == 429:
            sentence = f"asks for fewer requests ({why}): wait a minute and try again"
        elif status >= 500:
            sentence = f"is out of order ({why}): try again later"
        else:
            sentence = f"refused the request ({why})"
        return self._error(Refused, sentence)

    def _error(self, kind: type[ServiceError], sentence: str) -> ServiceError:
        return kind(without_key(f"{self.site.name} {sentence}", self.key))


def may_follow(base: str, address: str) -> bool:
    """Whether a read of the site at ``base`` follows a redirect: over https within its domain, or loopback to loopback.

    Elsewhere it could have us ask what only this machine or its network can reach.

    >>> [may_follow("https://api.a.org/v1", to) for to in ("https://b.a.org", "https://127.0.0.1", "http://api.a.org")]
    [True, False, False]
    """
    old, new = urlsplit(base), urlsplit(address)
    if old.hostname in LOOPBACK or new.hostname in LOOPBACK:
        return old.hostname in LOOPBACK and new.hostname in LOOPBACK and new.scheme in ("http", "https")
    return new.scheme == "https" and _domain(new.hostname) == _domain(old.hostname)


def _domain(host: str | None) -> list[str]:
    """What a service's hosts share: the last two parts of their names."""
    return (host or "").split(".")[-2:]


class _TooSlow(Exception):
    """An answer that does not end."""


_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, _TooSlow)
"""What can go wrong with a request and its answer."""


def _within(seconds: float, work: Callable[[], _Result]) -> _Result:
    """What ``work`` returns, if it does in time; headers that drip would hold it up for ever.

    A thread that is late is left behind: nothing in Python can stop it, and it ends with the connection.
    """
    done: queue.SimpleQueue[tuple[_Result | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:
            done.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        result, error = done.get(timeout=seconds)
    except queue.Empty:
        raise _TooSlow(f"the answer took more than {seconds:g} s") from None
    if error is not None:
        raise error
    return cast(_Result, result)


def _is_unsent(error: BaseException) -> bool:
    """Whether a connection was refused before anything could be sent."""
    while error is not None:
        if isinstance(error, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError):
            return True
        reason_ = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        error = reason_ if isinstance(reason_, BaseException) else None  # type: ignore[assignment]
    return False


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether a server's certificate was refused, before anything was sent."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__
    return False


def _why(error: BaseException) -> str:
    if isinstance(error, _TooSlow):
        return str(error)
    if _is_untrusted(error):
        return "its certificate cannot be trusted: is the network what it seems?"
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "timed out"
    if _is_unsent(error):
        return "no connection"
    return "the connection broke"


def reason(body: bytes, key: Key | None = None) -> str:
    """What a service's error says, on one line: JSON of any of the shapes seen, else the text of a page.

    >>> reason(b'{"message": "Not found"}')
    'Not found'
    >>> reason(b'{"non_field_errors": [{}, {"non_field_errors": ["too\\\\nlow"]}]}')
    'too low'
    >>> reason(b"<html><head><title>Too many requests</title></head><body>...</body></html>")
    'Too many requests'
    """
    text = body.decode("utf-8", "replace")
    text = (key.redact(text) if key else text)[:20000]
    try:
        found = " ".join(_messages(json.loads(text)))
    except (ValueError, RecursionError):
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.S | re.I)
        found = html.unescape(re.sub(r"<[^>]*>", " ", title.group(1) if title else text))
    return " ".join(without_key(found, key).split())[:300]


def _messages(found: Any) -> list[str]:
    """Texts in an error, whatever lists, objects or indexes they are wrapped in; field names where they say more."""
    if isinstance(found, str):
        return [found]
    if isinstance(found, list):
        return [text for item in found for text in _messages(item)]
    if isinstance(found, dict):
        if "field" in found and "error" in found:
            return [f"{found['field']}: {found['error']}"]
        return [
            text if name in _PLAIN or name.isdigit() else f"{name}: {text}"
            for name, item in found.items()
            if name not in ("code", "type")
            for text in _messages(item)
        ]
    return []


_PLAIN = {"message", "details", "detail", "error", "errors", "non_field_errors", "msg"}
