"""Fetch a public table: the one module of the data that touches the network.

Everything about an answer is bounded: its size, the time until its last byte, redirects (over https, to the same host).
Nothing is written here, and no key or cookie is sent.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.readers.files import megabytes

_LOCAL = ("127.0.0.1", "localhost", "::1")
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (429, 500, 502, 503, 504)
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "scale-forecast (data update)"}


class Unreachable(DataError):
    """Nobody answered, or not now: another time it may work."""


@dataclass(frozen=True)
class Bounds:
    """How much is taken from a server: bytes of an answer, seconds in all and of one wait, redirects."""

    size: int = 1 << 28
    seconds: float = 180.0
    wait: float = 20.0
    redirects: int = 3


def fetch(address: str, bounds: Bounds | None = None) -> bytes:
    """What stands at an address.

    Plain http is spoken to this machine alone.

    Raises
    ------
    UsageError
        For an address that is none, or not https.
    Unreachable
        Where there is no network, no answer in time, or the server is busy or out of order.
    DataError
        For an answer that is refused: not found, cut off, too large, a web page, redirected elsewhere, unsafe.
    """
    bounds = bounds or Bounds()
    end = time.monotonic() + bounds.seconds
    with requests.Session() as session:
        session.trust_env = _wants_proxy(address)
        for _ in range(bounds.redirects + 1):
            _require_safe(address)
            with _send_request(session, address, bounds, end) as answer:
                if answer.status_code not in _REDIRECTS:
                    _require_table(answer, address)
                    return _body(answer, address, bounds, end)
                address = _follow_redirect(address, answer.headers.get("Location", ""))
    raise DataError(f"{address}: redirects more than {bounds.redirects} times: look at the address in a browser")


def _wants_proxy(address: str) -> bool:
    """Proxies of the environment are for other machines."""
    return urlsplit(address).hostname not in _LOCAL


def _require_safe(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise UsageError(f"{address!r} is no address: write https://...")
    if parts.scheme == "http" and parts.hostname not in _LOCAL:
        raise UsageError(f"{address}: is not encrypted, so anybody on the way could change it: give an https address")
    if parts.username or parts.password:
        raise UsageError(f"{parts.hostname}: leave the password out of the address: it would be kept and shown")


def _send_request(session: requests.Session, address: str, bounds: Bounds, end: float) -> requests.Response:
    host = urlsplit(address).hostname
    wait = max(0.1, min(bounds.wait, end - time.monotonic()))
    try:
        return session.get(address, headers=_HEADERS, stream=True, timeout=wait, allow_redirects=False)
    except requests.exceptions.SSLError:
        raise DataError(
            f"{host}: its certificate cannot be trusted, so nothing was read: is the network what it seems?"
        ) from None
    except requests.exceptions.Timeout:
        raise Unreachable(f"{host} did not answer within {wait:g} seconds: try again later") from None
    except requests.exceptions.ConnectionError:
        raise Unreachable(f"{host} cannot be reached: is there a network?") from None
    except requests.exceptions.RequestException as error:
        raise DataError(f"{address}: cannot be asked ({type(error).__name__}): is the address right?") from None


def _follow_redirect(address: str, location: str) -> str:
    """Where a redirect leads, if over https to the same host (or from this machine to itself)."""
    target = urljoin(address, location)
    old, new = urlsplit(address), urlsplit(target)
    same = (new.scheme, new.hostname, new.port) == (old.scheme, old.hostname, old.port)
    if not location or not (same or (new.scheme == "https" and new.hostname == old.hostname and new.port is None)):
        shown = f"{new.scheme}://{new.netloc}{new.path}" if location else "nowhere"
        raise DataError(f"{address}: redirects to {shown}, another place: give that address if you trust it")
    return target


def _require_table(answer: requests.Response, address: str) -> None:
    """Refuse what is no table, by its status and type."""
    status = answer.status_code
    if status in _BUSY:
        raise Unreachable(f"{urlsplit(address).hostname} is out of order or busy (status {status}): try again later")
    if status != 200:
        raise DataError(f"{address}: nothing to be had there (status {status}): was the table moved?")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
    if kind in ("text/html", "application/xhtml+xml") or kind.partition("/")[0] in ("image", "audio", "video"):
        raise DataError(f"{address}: answers with {kind}, which is no table: give the address of the file itself")


def _body(answer: requests.Response, address: str, bounds: Bounds, end: float) -> bytes:
    """The whole body as it was sent, or an error."""
    host = urlsplit(address).hostname
    declared = answer.headers.get("Content-Length", "")
    expected = int(declared) if declared.isdigit() else None
    too_large = DataError(f"{address}: is larger than {megabytes(bounds.size)}: no table is expected to be")
    if expected is not None and expected > bounds.size:
        raise too_large
    data = bytearray()
    try:
        while chunk := answer.raw.read1(1 << 16, decode_content=False):
            data += chunk
            if len(data) > bounds.size:
                raise too_large
            if time.monotonic() > end:
                raise Unreachable(f"{host} sends too slowly, not all within {bounds.seconds:g} seconds: try later")
    except (HTTPError, OSError):
        raise Unreachable(f"{address}: was cut off after {len(data):,} bytes: try again") from None
    if expected is not None and len(data) != expected:
        raise Unreachable(f"{address}: was cut off after {len(data):,} of {expected:,} bytes: try again")
    if not data:
        raise DataError(f"{address}: is empty: was the table moved?")
    return bytes(data)
