"""Readability and n-grams of a text, with nothing but the standard library."""

from __future__ import annotations

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import text

MAX_BODY = 5_000_000


class BadRequest(Exception):
    def __init__(self, status: int, detail: str):
        super().__init__(detail)
        self.status = status
        self.detail = detail


def number(query: dict[str, list[str]], name: str, default: int, low: int, high: int) -> int:
    value = query.get(name, [str(default)])[0]
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise BadRequest(400, f"{name} is a whole number from {low} to {high}.")
    return int(value)


FUNCTIONS = {
    "/readability": lambda body, query: text.readability(body),
    "/ngrams": lambda body, query: text.ngrams(body, number(query, "n", 2, 1, 5), number(query, "top", 10, 1, 100)),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        if urlsplit(self.path).path in ("/health", "/ready"):
            self.answer(200, {"status": "ok"})
        elif urlsplit(self.path).path in FUNCTIONS:
            self.answer(405, {"detail": "POST a text."}, {"Allow": "POST"})
        else:
            self.answer(404, {"detail": f"There is {' and '.join(FUNCTIONS)}."})

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        try:
            body = self.body()
            function = FUNCTIONS.get(url.path)
            if function is None:
                raise BadRequest(404, f"There is {' and '.join(FUNCTIONS)}.")
            self.answer(200, function(body, parse_qs(url.query)))
        except BadRequest as e:
            self.answer(e.status, {"detail": e.detail})

    def body(self) -> str:
        chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
        raw = self.chunks() if chunked else self.read(int(self.headers.get("Content-Length") or 0))
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise BadRequest(415, "The text is not UTF-8.") from None

    def read(self, length: int) -> bytes:
        if length > MAX_BODY:
            self.close_connection = True
            raise BadRequest(413, f"A text may have {MAX_BODY} bytes.")
        return self.rfile.read(length)

    def chunks(self) -> bytes:
        """A body of unknown length: http.server leaves the decoding to us."""
        body = bytearray()
        while length := int(self.rfile.readline(1024).split(b";")[0], 16):
            body += self.read(length)
            self.rfile.readline(8)
            if len(body) > MAX_BODY:
                self.close_connection = True
                raise BadRequest(413, f"A text may have {MAX_BODY} bytes.")
        while self.rfile.readline(8192).strip():
            pass
        return bytes(body)

    def answer(self, status: int, content: dict, headers: dict[str, str] | None = None) -> None:
        payload = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_request(self, code="-", size="-") -> None:
        """Quiet: the gateway keeps the log of calls, and the probes would drown the rest."""


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8192"))), Handler)
    # shutdown() waits for the loop, which runs on this very thread: hence another one.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.1)
    server.server_close()


if __name__ == "__main__":
    main()
