"""An HTTP proxy before an Alertmanager that records when each notification is accepted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import orjson

JSON_HEADERS = {"Content-Type": "application/json"}
TIMEOUT_SECONDS = 5


class RecordingProxy(ThreadingHTTPServer):
    """Proxy of the Alertmanager at *upstream*; *delivery_times* is the first acceptance by page."""

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), ProxyHandler)
        self.upstream = upstream
        self.delivery_times: dict[str, float] = {}

    @property
    def url(self) -> str:
        """The base URL at which it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def record_delivery(self, body: bytes) -> None:
        """Record the time of each page in the accepted *body*; a repeated page keeps its first."""
        now = time.monotonic()
        for alert in orjson.loads(body):
            self.delivery_times.setdefault(alert["labels"]["page"], now)


class ProxyHandler(BaseHTTPRequestHandler):
    """Forwards the requests of one connection."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Forward the request, and answer with the Alertmanager's status."""
        proxy = self.server
        assert isinstance(proxy, RecordingProxy)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            request = Request(proxy.upstream + self.path, body, JSON_HEADERS)
            with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                status = response.status
            proxy.record_delivery(body)
        except HTTPError as error:
            status = error.code
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing, because requests are many."""


@contextmanager
def open_proxy(upstream: str) -> Iterator[RecordingProxy]:
    """Serve a proxy before *upstream* for as long as the block runs."""
    with RecordingProxy(upstream) as proxy:
        thread = Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
