"""A server on the loopback that speaks each service's interface from the recorded answers, with faults on demand."""

import json
import random
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SAVED = Path(__file__).parent.parent.parent / "fixtures" / "markets"
KEY = "s3cret-k3y/with+signs"
PAGE = "<html><head><title>Too many requests</title></head><body>slow down, {key}</body></html>"

READ_FAULTS = ("429", "500", "drip", "cut", "garbage")
WRITE_FAULTS = (
    "429",
    "403",
    "405",
    "500 before",
    "500 after",
    "cut before",
    "cut after",
    "silent after",
    "late",
    "garbage after",
    "drip after",
)


def saved(name):
    return json.loads((SAVED / name).read_text())


class Services(ThreadingHTTPServer):
    """State of the services, what was accepted, and the faults to come (one a request; None is none).

    ``delay`` is how long it sits on a write before it accepts it late, or after it accepted it in silence.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, faults: Iterable[str | float | None] = (), delay: float = 0.8):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.RLock()
        self.faults, self.delay = iter(faults), delay
        self.requests: list[tuple[str, str]] = []
        self.accepted: list[object] = []
        self.late = 0
        self.lists_bets = True
        self.bets: list[dict] = []
        shapes = saved("manifold/shapes_2026.json")
        self.manifold = {m["id"]: m for m in (shapes["GET /v0/market/P0R6uAC2nU"], shapes["GET /v0/market/qtUIl9NEh8"])}
        files = ("post_binary_cp_open", "post_date_cp_open", "post_discrete_cp_open", "post_binary_cp_closed")
        posts = [saved(f"metaculus/{file}.json")["response"] for file in files]
        self.metaculus = {str(post["id"]): post for post in posts}
        self.kalshi = {m["ticker"]: m for m in saved("kalshi/markets_captured_2026-08-17.json")["markets"]}
        self.polymarket = saved("polymarket/shapes_verified_2026.json")
        self.key = KEY

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.settle()
        self.shutdown()
        self.server_close()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def settle(self):
        """Wait for writes that are accepted late."""
        while self.late:
            time.sleep(0.005)

    def handle_error(self, request, client_address):
        """A client that went away is what this server is for."""


def random_faults(seed, share=0.35):
    """An endless schedule; which kind fits is decided by the request."""
    chance = random.Random(seed)
    while True:
        yield chance.random() if chance.random() < share else None


class Handler(BaseHTTPRequestHandler):
    server: Services
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        """Nothing to stderr."""

    def do_GET(self):
        fault = self._fault("GET", READ_FAULTS)
        if fault in ("429", "500"):
            return self._page(int(fault))
        status, answer = self._read()
        return self._send(status, answer, fault)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fault = self._fault("POST", WRITE_FAULTS)
        if fault in ("429", "500 before"):
            return self._page(int(fault[:3]))
        if fault == "403":
            return self._send(403, {"detail": f"Invalid token. {self.headers['Authorization']}"})
        if fault == "405":
            return self._send(405, {"error": "Question 34034 is already closed to forecasting !"})
        if fault == "cut before":
            return self._cut()
        if fault == "late":
            with self.server.lock:
                self.server.late += 1
            time.sleep(self.server.delay)
        status, answer = self._write(body)
        if fault == "late":
            with self.server.lock:
                self.server.late -= 1
        if fault == "500 after":
            return self._page(500)
        if fault == "cut after":
            return self._cut()
        if fault in ("silent after", "late"):
            time.sleep(self.server.delay)
            return self._cut()
        return self._send(status, answer, fault and fault.removesuffix(" after"))

    def _fault(self, method, kinds):
        with self.server.lock:
            self.server.requests.append((method, self.path))
            fault = next(self.server.faults, None)
        return kinds[int(fault * len(kinds))] if isinstance(fault, float) else fault

    # --- answers ------------------------------------------------------------------------------------------------------

    def _cut(self):
        self.close_connection = True
        self.connection.close()

    def _page(self, status):
        """An error as a page, with the key in it, as a careless server might."""
        text = PAGE.format(key=self.server.key).encode()
        self._head(status, len(text), "text/html", {"Retry-After": "2"} if status == 429 else {})
        self.wfile.write(text)

    def _send(self, status, answer, fault=None):
        text = b"<html>oops</html>" if fault == "garbage" else json.dumps(answer).encode()
        self._head(status, len(text) + (10 if fault == "cut" else 0), "application/json", {})
        if fault == "drip":
            for place in range(len(text)):
                time.sleep(0.05 if len(text) > 100 else 0.3)
                self.wfile.write(text[place : place + 1])
                self.wfile.flush()
        else:
            self.wfile.write(text)
        if fault == "cut":
            self._cut()

    def _head(self, status, length, kind, more):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(length), **more}.items():
            self.send_header(name, value)
        self.end_headers()

    # --- the services -------------------------------------------------------------------------------------------------

    def _read(self):
        parts = urlsplit(self.path)
        service, *steps = [step for step in parts.path.split("/") if step]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self.server.lock:
            return getattr(self, f"_read_{service.replace('-', '_')}")(steps, query)

    def _write(self, body):
        service, *steps = [step for step in urlsplit(self.path).path.split("/") if step]
        with self.server.lock:
            return getattr(self, f"_write_{service}")(steps, body)

    def _read_manifold(self, steps, query):
        markets = self.server.manifold
        if steps == ["me"]:
            return (200, {"id": "me"}) if self._allowed("Key") else (401, {"message": "Missing Authorization header."})
        if steps == ["bets"]:
            return 200, [
                b for b in self.server.bets if self.server.lists_bets and b["contractId"] == query["contractId"]
            ]
        if steps == ["search-markets"]:
            assert set(query) <= {"term", "sort", "filter", "contractType", "limit", "offset", "beforeTime"}
            return 200, [*markets.values(), {"id": "p", "question": "?", "outcomeType": "POLL"}]
        found = [m for m in markets.values() if m["slug"] == steps[-1] or m["id"] == steps[-1]]
        return (200, found[0]) if found else (404, {"message": "Contract not found"})

    def _write_manifold(self, steps, body):
        if not self._allowed("Key"):
            return 401, {"message": f"No private user exists with API key {self.headers['Authorization']}."}
        self.server.accepted.append(body)
        if steps[-1] == "resolve":
            self.server.manifold[steps[1]] |= {"isResolved": True, "resolution": body["outcome"]}
            return 200, {"message": "success"}
        bet = {"id": f"bet{len(self.server.bets)}", "userId": "me", "createdTime": int(time.time() * 1000)}
        self.server.bets.insert(0, bet | body | {"orderAmount": body["amount"], "probAfter": 0.41})
        return 200, {"betId": bet["id"]}

    def _read_metaculus(self, steps, query):
        if not self._allowed("Token"):
            return 403, {"detail": "Authentication credentials were not provided."}
        if steps == ["posts"]:
            return 200, {"results": [*self.server.metaculus.values(), {"id": 9, "curation_status": "approved"}]}
        post = self.server.metaculus.get(steps[-1])
        return (200, post) if post else (404, {"detail": "Not found."})

    def _write_metaculus(self, steps, body):
        if not self._allowed("Token"):
            return 403, {"detail": f"Invalid token. {self.headers['Authorization']}"}
        posts = {str(post["question"]["id"]): post for post in self.server.metaculus.values()}
        post = posts[str(body[0]["question"])]
        self.server.accepted.append(body)
        mine = post["question"]["my_forecasts"]
        if steps[-1] == "withdraw":
            mine["history"][-1]["end_time"] = mine["latest"]["end_time"] = time.time()
            return 201, {}
        p = body[0].get("probability_yes")
        values = body[0].get("continuous_cdf") or [1 - p, p]
        mine["latest"] = {"start_time": time.time(), "end_time": None, "forecast_values": values}
        mine["history"] = [*mine["history"], {k: v for k, v in mine["latest"].items() if k != "forecast_values"}]
        return 201, {}

    def _read_polymarket(self, steps, query):
        if steps != ["markets"]:
            return 422, self.server.polymarket["slug_path_error"]
        market = self.server.polymarket["gamma_market_open"]
        return 200, [market] if query.get("closed") == "false" and query.get("slug") == market["slug"] else []

    def _read_polymarket_book(self, steps, query):
        assert steps == ["prices-history"]
        return 200, self.server.polymarket["clob_prices_history"]["response"]

    def _read_kalshi(self, steps, query):
        if steps[-1] == "candlesticks":
            ends = range(int(query["start_ts"]), int(query["end_ts"]), 86400)
            return 200, {"candlesticks": [{"end_period_ts": t, "price": {"close_dollars": "0.4100"}} for t in ends]}
        if steps == ["markets"]:
            return 200, {"markets": list(self.server.kalshi.values()), "cursor": ""}
        market = self.server.kalshi.get(steps[-1])
        return (200, {"market": market}) if market else (404, {"error": {"code": "not_found", "message": "not found"}})

    def _allowed(self, scheme):
        return self.headers["Authorization"] == f"{scheme} {self.server.key}"
