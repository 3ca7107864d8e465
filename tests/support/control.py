"""A small control plane in a thread: answers over real HTTP what the control API answers, and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.routes import TOKEN

Reply = tuple[int, Any, dict[str, str]]


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Control:
    """What it holds, what it was asked, and what it shall answer."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    replies: dict[tuple[str, str], list[Reply]] = field(default_factory=dict)
    """(method, path without query) → what to answer next; the last one stays."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    needs_token: bool = True
    """Whether requests without the token are refused; not those of somebody who logs in."""

    def reply(self, method: str, path: str, body: Any, status: int = 200, **headers: str) -> None:
        """Answer so from now on, or, after earlier replies to the same request, next."""
        answer = (status, body, {name.replace("_", "-"): value for name, value in headers.items()})
        self.replies.setdefault((method, path), []).append(answer)

    def problem(self, method: str, path: str, status: int, code: str, detail: str, **fields: Any) -> None:
        """Answer with a problem."""
        body = {"type": f"urn:unshelf:problem:{code}", "title": "", "status": status, "code": code, "detail": detail}
        self.reply(method, path, body | fields, status, Content_Type="application/problem+json")

    def calls(self, method: str, path: str) -> list[Asked]:
        """The requests of this kind, in order."""
        return [one for one in self.asked if one.method == method and one.path.split("?")[0] == path]

    def deploys(self, *, name: str, version: int = 1, live: bool = True) -> None:
        """Take deploys of this name, and tell of every step."""
        steps = [
            {"step": step, "state": state, "detail": "", "seconds": 0.1 if state == "done" else None}
            for step in ("lock", "build", "check", "register", "start", "release")
            for state in ("started", "done")
        ]
        end = {"step": "end", "state": "done", "version": version, "live": live, "reference": f"{name}:{version}"}
        self.reply("POST", "/api/v1/deploys", {"id": "d1"}, 202)
        self.reply("GET", "/api/v1/deploys/d1/events", [*steps, end])

    def answer(self, request: Asked) -> Reply:
        """The answer to a request: as told, else as the blob store would."""
        path = request.path.split("?")[0]
        if self.needs_token and request.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"code": "unauthenticated", "detail": "No such key."}, {}
        waiting = self.replies.get((request.method, path))
        if waiting:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if path == "/api/v1/alerts":
            return 200, {"alerts": []}, {}
        if path.endswith("/quota"):
            return 200, {"kind": "project", "name": path.split("/")[-2], "limits": None, "used": {}}, {}
        if path == "/api/v1/blobs/missing":
            return 200, {"missing": [one for one in request.json["digests"] if one not in self.blobs]}, {}
        if request.method == "PUT" and path.startswith("/api/v1/blobs/"):
            self.blobs[path.rsplit("/", 1)[1]] = request.body
            return 201, {"sha256": path.rsplit("/", 1)[1], "size": len(request.body)}, {}
        return 404, {"code": "not_found", "detail": f"{request.method} {path} is nothing here."}, {}


@contextmanager
def running_control() -> Iterator[Control]:
    """A control plane on a free port, for as long as the block lasts."""
    control = Control()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(control))
    server.daemon_threads = True
    control.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield control
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(control: Control) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Asked(self.command, self.path, headers, body)
            control.asked.append(request)
            status, answer, extra = control.answer(request)
            # A list is told as JSON lines, bytes and texts as they are; None is a connection that breaks.
            if answer is None and status == 0:
                self.close_connection = True
                self.connection.close()
                return
            if isinstance(answer, list):
                data = b"".join(json.dumps(line).encode() + b"\n" for line in answer)
            elif isinstance(answer, bytes):
                data = answer
            elif isinstance(answer, str):
                data = answer.encode()
            else:
                data = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, format: str, *arguments: Any) -> None:
            """Tests print what matters to them."""

    return Handler
