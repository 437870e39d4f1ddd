"""A service that lies, drips, sends on or echoes the key gets nothing out of the client and nothing onto the screen."""

import contextlib
import http.server
import json
import socket
import ssl
import threading
from pathlib import Path

import pytest

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.fetch import Bounds, fetch
from scale_forecast.data.plain import plain_text
from scale_forecast.resolvers.markets.keys import Key, without_key
from scale_forecast.resolvers.markets.service import require_answered
from scale_forecast.resolvers.markets.services import open_service
from scale_forecast.resolvers.markets.session import Patience, Refused, ServiceError, Session, Site, reason
from scale_forecast.resolvers.markets.timing import Clock
from tests.resolvers.markets.server import KEY, Services, saved

SELF_SIGNED = Path(__file__).parent.parent.parent / "fixtures" / "tls" / "self_signed.pem"
HASTY = Patience(connect=1.0, read=0.3, whole=0.3, retries=0, backoff=0.01)


class Raw:
    """A server that answers every connection with the same bytes, and remembers what it was sent.

    ``drip`` seconds lie between the bytes.
    """

    def __init__(self, answer, drip=0.0):
        self.answer, self.drip, self.requests = answer, drip, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.stopped = threading.Event()

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            try:
                self.requests.append(connection.recv(65536))
                for part in self.answer:
                    if self.stopped.wait(self.drip):
                        return
                    connection.sendall(part)
            except OSError:
                pass  # the client had enough


def response(body=b"{}", status="200 OK", *headers):
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""])
    return [head.encode() + body]


def session(server, key=None, patience=HASTY):
    return Session(Site("Double", server.address, "Key"), key, Clock(sleep=lambda _: None), patience)


SECRET = Key(KEY, "DOUBLE_KEY")


@pytest.mark.parametrize("depth", [100, 100_000])
def test_json_of_any_depth_is_read_or_refused_in_a_sentence(depth):
    body = b"[" * depth + b"]" * depth
    with Raw(response(body)) as server:
        refused = pytest.raises(ServiceError, match="not JSON") if depth > 1000 else contextlib.nullcontext()
        with refused:
            session(server, SECRET).get("deep")
    with Raw(response(body, "400 Bad Request")) as server, pytest.raises(ServiceError, match="refused the request"):
        session(server).get("deep")


def endless(part):
    while True:
        yield part


@pytest.mark.parametrize(
    ("answer", "drip"),
    [
        (endless(b"H"), 0.05),  # a status line that never ends
        ([b"HTTP/1.1 200 OK\r\n", *[b"X-Drip: 1\r\n"] * 1000], 0.05),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\n1\r\n"] * 1000], 0.05),
        (
            [b"HTTP/1.1 302 Found\r\nLocation: /b\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\n1\r\n"] * 1000],
            0.05,
        ),
    ],
    ids=["status line", "headers", "body", "body of a redirect"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_answer_that_drips_ends_with_the_clients_patience(answer, drip, method):
    more = {"body": {}} if method == "post" else {}
    with Raw(answer, drip) as server, pytest.raises(ServiceError) as error:
        getattr(session(server), method)("slow", **more)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_request_with_a_key_is_sent_on(method):
    with Raw(response()) as elsewhere:
        with Raw(response(b"", "302 Found", f"Location: {elsewhere.address}/x")) as server:
            with pytest.raises(ServiceError, match=r"sends on to another address|answered 302"):
                getattr(session(server, SECRET), method)("here", **({"body": {}} if method == "post" else {}))
            assert len(server.requests) == 1
        assert elsewhere.requests == []


def test_a_read_without_a_key_follows_and_gives_up_on_circles():
    onward = "301 Moved Permanently"
    with (
        Raw(response(b'{"found": 1}')) as elsewhere,
        Raw(response(b"", onward, f"Location: {elsewhere.address}/x")) as server,
    ):
        assert session(server).get("here") == {"found": 1}
    with Raw(response(b"", "302 Found", "Location: /round")) as server:
        with pytest.raises(ServiceError, match="sends on"):
            session(server).get("here")
        assert 1 < len(server.requests) < 10


def test_an_address_in_the_open_is_not_followed():
    onward = response(b"", "302 Found", "Location: http://example.org/x")
    with Raw(onward) as server, pytest.raises(ServiceError, match="sends on"):
        session(server).get("here")


@contextlib.contextmanager
def impostor():
    """Speaks TLS on the loopback with a certificate that nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SELF_SIGNED)
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.handle_error = lambda *_: None
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_server_with_a_certificate_that_nobody_vouches_for_gets_no_key_and_no_bet(method):
    """It was called a broken connection, and a write that never went out blocked its market."""
    more = {"body": {}} if method == "post" else {}
    with impostor() as address:
        impostors = Session(Site("Double", address, "Key"), SECRET, Clock(sleep=lambda _: None), HASTY)
        with pytest.raises(ServiceError, match="its certificate cannot be trusted") as error:
            getattr(impostors, method)("here", **more)
    assert isinstance(error.value, Refused) == (method == "post")


def test_a_table_is_not_fetched_from_such_a_server():
    with impostor() as address, pytest.raises(DataError, match="its certificate cannot be trusted"):
        fetch(f"{address}/x.zip", Bounds(wait=2.0))


PUBLIC = "https://api.example.org/v2"


@pytest.mark.parametrize(
    "address",
    [
        *("http://127.0.0.1:8080/admin", "https://127.0.0.1/", "http://localhost/", "http://[::1]/", "//127.0.0.1/x"),
        *("https://127.1/", "https://0.0.0.0/", "https://2130706433/", "https://[::ffff:127.0.0.1]/"),
        *("https://10.0.0.1/", "https://169.254.169.254/latest", "https://elsewhere.net/", "https://example.org.net/"),
        *("http://api.example.org/v2/x", "file:///etc/passwd", "ftp://example.org/x"),
    ],
)
def test_a_public_service_cannot_send_a_read_to_this_machine_or_its_network(address, monkeypatch):
    asked = []

    def send_on(self, method, place, parameters, body):
        asked.append(place)
        return 302, b"", address

    monkeypatch.setattr(Session, "_request", send_on)
    public = Session(Site("Double", PUBLIC), None, Clock(sleep=lambda _: None), HASTY)
    with pytest.raises(ServiceError, match="sends on to another address"):
        public.get("here")
    assert asked == [f"{PUBLIC}/here"]


def test_a_public_service_may_move_within_its_domain(monkeypatch):
    places = {f"{PUBLIC}/here": "https://data.example.org/there", "https://data.example.org/there": None}
    monkeypatch.setattr(Session, "_request", lambda self, _, place, *rest: (200, b'{"found": 1}', places[place]))
    assert Session(Site("Double", PUBLIC), None, Clock(sleep=lambda _: None), HASTY).get("here") == {"found": 1}


def test_neither_password_files_nor_proxies_meddle_on_this_machine(tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login mallory password other")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with Raw(response()) as proxy, Raw(response()) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.address)
        session(server, SECRET).get("here")
        session(server).get("here")
        assert proxy.requests == []
        assert f"Authorization: Key {KEY}".encode() in server.requests[0]
        assert b"Authorization" not in server.requests[1]


@pytest.mark.parametrize("before", range(0, 320, 7))
def test_no_part_of_the_key_survives_where_a_message_is_cut(before):
    """Redaction comes first: cut first, the key's head would no longer be known as the key's."""
    said = reason(json.dumps({"message": "x" * before + " " + KEY}).encode(), SECRET)
    page = reason(b"<html>" + b" " * (20000 - 6 - before % 30) + KEY.encode() + b"</html>", SECRET)
    for text in (said, page):
        assert KEY[:6] not in text


def test_the_key_is_cut_out_of_titles_receipts_and_names_of_fields():
    body = json.dumps({"title": f"Is it {KEY}?", KEY: [{"receipt": f"\u001b[2J{KEY}"}]}).encode()
    with Raw(response(body)) as server:
        found = session(server, SECRET).get("here")
    assert KEY not in json.dumps(found)
    assert found == {"title": "Is it ***?", "***": [{"receipt": "[2J***"}]}


def test_what_steers_a_terminal_is_left_out():
    hostile = "".join(map(chr, [*range(32), 127, *range(128, 160), 0x202E, 0x2066])) + "text\n\tmore"
    assert plain_text(hostile) == "\t\ntext\n\tmore"
    assert without_key({"a": [hostile, 1, None]}, None) == {"a": ["\t\ntext\n\tmore", 1, None]}


@pytest.mark.parametrize(
    "address", ["http://example.org", "https://127.0.0.1.example.org", "http://10.0.0.1", "nowhere"]
)
def test_a_test_server_is_on_this_machine(address):
    with pytest.raises(UsageError, match="is not on this machine"):
        open_service("manifold", {"MANIFOLD_API_KEY": KEY}, server=address)


OTHER_MARKETS = {
    "manifold": lambda doubles: next(iter(doubles.manifold.values())),
    "kalshi": lambda doubles: {"market": next(iter(doubles.kalshi.values()))},
    "metaculus": lambda doubles: next(iter(doubles.metaculus.values())),
    "polymarket": lambda doubles: [doubles.polymarket["gamma_market_open"]],
}


@pytest.mark.parametrize("name", list(OTHER_MARKETS))
@pytest.mark.parametrize("asked", ["123456", "another-market"])
def test_another_market_than_the_one_asked_for_is_refused(name, asked):
    with Services() as doubles:
        body = json.dumps(OTHER_MARKETS[name](doubles)).encode()
    with Raw(response(body)) as server:
        service = open_service(name, {}, server=server.address, clock=Clock(sleep=lambda _: None), patience=HASTY)
        with pytest.raises(DataError, match=r"was asked for .* and answered with"):
            service.get(asked)


def test_a_market_is_known_by_its_id_or_the_last_part_of_its_address():
    from scale_forecast.resolvers.markets.manifold import market_of

    market = market_of(saved("manifold/shapes_2026.json")["GET /v0/market/P0R6uAC2nU"])
    for name in ("P0R6uAC2nU", "will-anthropic-restore-access-to-fa"):
        assert require_answered(market, name) is market
    with pytest.raises(ServiceError):
        require_answered(market, "will-anthropic")
