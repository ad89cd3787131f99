"""A gate before an Alertmanager: passes every POST on, and notes when a call was first taken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import orjson

TYPE = {"Content-Type": "application/json"}
PATIENCE_SECONDS = 5


class Gate(ThreadingHTTPServer):
    """Listens before the Alertmanager at *behind*; *at* says when it had taken each page."""

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.behind = behind
        self.at: dict[str, float] = {}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def note(self, body: bytes) -> None:
        """The Alertmanager took what *body* says; what is only repeated has been noted."""
        now = time.monotonic()
        for alert in orjson.loads(body):
            self.at.setdefault(alert["labels"]["page"], now)


class Passing(BaseHTTPRequestHandler):
    """Passes one connection's requests on."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer what the Alertmanager answers."""
        gate = self.server
        assert isinstance(gate, Gate)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            asked = Request(gate.behind + self.path, body, TYPE)
            with urlopen(asked, timeout=PATIENCE_SECONDS) as answer:
                status = answer.status
            gate.note(body)
        except HTTPError as refusal:
            status = refusal.code
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: there are many."""


@contextmanager
def gate(behind: str) -> Iterator[Gate]:
    """A gate before *behind* for as long as the block lasts."""
    with Gate(behind) as opened:
        thread = Thread(target=opened.serve_forever, daemon=True)
        thread.start()
        try:
            yield opened
        finally:
            opened.shutdown()
            thread.join()
