"""A server on this machine that gives a table, or misbehaves as servers and networks do."""

import contextlib
import http.server
import threading

from tests.data.own.hub import packed

PLACES = {
    "/benchmark_data.zip": (200, "application/zip"),
    "/untyped": (200, "application/octet-stream"),
    "/page": (200, "text/html; charset=utf-8"),
    "/gone": (404, "text/plain"),
    "/broken": (500, "text/plain"),
    "/busy": (503, "text/plain"),
    "/picture": (200, "image/png"),
}
REDIRECTS = {
    "/moved": "/benchmark_data.zip",
    "/elsewhere": "https://example.org/benchmark_data.zip",
    "/downgraded": "http://example.org/x.zip",
    "/circle": "/circle",
    "/nowhere": "",
    "/file": "file:///etc/passwd",
}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        body = self.server.body
        self.close_connection = True
        with contextlib.suppress(ConnectionError):
            if self.path in REDIRECTS:
                self._head(302, {"Location": REDIRECTS[self.path], "Content-Length": "0"})
            elif self.path == "/cut":
                self._head(200, {"Content-Type": "application/zip", "Content-Length": str(len(body))})
                self.wfile.write(body[: len(body) // 2])
            elif self.path == "/huge":
                self._head(200, {"Content-Type": "application/zip", "Content-Length": str(1 << 40)})
            elif self.path == "/endless":
                self._head(200, {"Content-Type": "application/zip"})
                while not self.server.done.is_set():
                    self.wfile.write(bytes(1 << 16))
            elif self.path == "/drip":
                self._head(200, {"Content-Type": "application/zip", "Content-Length": str(len(body))})
                while not self.server.done.wait(0.02):
                    self.wfile.write(b"P")
            elif self.path == "/silent":
                self.server.done.wait(30)
            elif self.path == "/empty":
                self._head(200, {"Content-Type": "application/zip", "Content-Length": "0"})
            else:
                status, kind = PLACES[self.path]
                self._head(status, {"Content-Type": kind, "Content-Length": str(len(body))})
                self.wfile.write(body)

    def _head(self, status, headers):
        self.send_response(status)
        for name, value in {**headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()


@contextlib.contextmanager
def hub_server(body=None):
    """A running server: ``url`` without a slash at its end, ``asked`` (path and headers), ``body`` to be changed."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.body, server.asked, server.done = packed() if body is None else body, [], threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.done.set()
        server.shutdown()
        server.server_close()
        thread.join()
