"""A package index that asks for a password, with a package of wheels and one that must be built."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.support.package_index import source_archive, tiny_wheel
from tests.support.served import served

USER, PASSWORD = "build-bot", "s3cr3t/w0rd"


@dataclass
class PrivateIndex:
    """An index with `tiny` 1.0 as a wheel, and `own` 1.0 as a source archive whose build runs some code."""

    host: str = ""
    status: int = 200
    """What it answers those with the right password."""
    link_user: str = ""
    """`user:password@` in the links of its pages."""
    is_open: bool = False
    """Whether it asks for no password."""
    asked: list[str] = field(default_factory=list)

    def address(self, user_info: str = "") -> str:
        """The address of its pages, with this before the host."""
        return f"http://{user_info}{self.host}/simple"


@contextmanager
def private_index(build: str = "") -> Iterator[PrivateIndex]:
    """Serves on loopback until the block ends."""
    files = {"tiny-1.0-py3-none-any.whl": tiny_wheel(), "own-1.0.tar.gz": source_archive("own", build)}
    index = PrivateIndex()
    expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            if not index.is_open and self.headers.get("Authorization") != expected:
                return self._answer(401 if "Authorization" not in self.headers else 403)
            if index.status != 200:
                return self._answer(index.status)
            path = urlsplit(self.path).path  # a proxy is asked for whole addresses
            name = path.rstrip("/").rpartition("/")[2]
            if path.startswith("/files/") and name in files:
                return self._answer(200, files[name], "application/octet-stream")
            links = [self._link(file) for file in files if file.startswith(f"{name}-")]
            return self._answer(200 if links else 404, "".join(links).encode())

        def _link(self, file: str) -> str:
            digest = hashlib.sha256(files[file]).hexdigest()
            return f'<a href="http://{index.link_user}{index.host}/files/{file}#sha256={digest}">{file}</a>'

        def _answer(self, status: int, body: bytes = b"", kind: str = "text/html") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with served(Handler) as port:
        index.host = f"127.0.0.1:{port}"
        yield index
