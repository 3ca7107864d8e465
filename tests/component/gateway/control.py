"""A stand-in for control behind the gateway: says what reached it over its unix socket."""

import hashlib
import json
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    allow_reuse_address = True


class EchoControl:
    """Answers every request with what it saw; some paths answer in a way of their own."""

    def __init__(self, run: Path) -> None:
        socket = run / "control.sock"
        socket.unlink(missing_ok=True)
        self.followers_left = threading.Event()
        control = self

        class Handler(_Handler):
            owner = control

        self._server = _Server(str(socket), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: EchoControl

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        method = getattr(self, f"do_{self.command}", None)
        if method is None:
            setattr(self, f"do_{self.command}", self._answer)
        return True

    def _answer(self) -> None:
        if self.path == "/api/v1/refuse":
            self._send(413, b"too much", "text/plain")
            self.close_connection = True
            return
        body = self._body()
        if self.path == "/api/v1/events":
            self._stream([f"line {number}\n".encode() for number in range(3)], 0.3)
        elif self.path == "/api/v1/follow":
            self._follow()
        elif self.path in ("/api/v1/cut/chunked", "/api/v1/cut/length"):
            self._cut(chunked=self.path.endswith("chunked"))
        elif self.path == "/api/v1/large":
            self._send(200, bytes(5 << 20), "application/octet-stream")
        elif self.path == "/api/v1/gone":
            self._send(204, b"", "text/plain")
        elif self.path == "/api/v1/hangup":
            self.close_connection = True
        else:
            seen = {
                "method": self.command,
                "path": self.path,
                "headers": [[name.lower(), value] for name, value in self.headers.items()],
                "length": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
            }
            self._send(201 if self.command == "PUT" else 200, json.dumps(seen).encode(), "application/json")

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("set-cookie", "a=1")
        self.send_header("set-cookie", "b=2")
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _stream(self, lines: list[bytes], pause: float) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for line in lines:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
            time.sleep(pause)
        self.wfile.write(b"0\r\n\r\n")

    def _cut(self, *, chunked: bool) -> None:
        """Hang up in the middle of an answer."""
        self.send_response(200)
        self.send_header(*(("transfer-encoding", "chunked") if chunked else ("content-length", str(4 << 20))))
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n" if chunked else b"hello")
        self.close_connection = True

    def _follow(self) -> None:
        """A silent stream: tells when the other side hung up."""
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n")
        if not self.connection.recv(1):
            self.owner.followers_left.set()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""
