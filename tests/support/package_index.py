"""A package index of one's own, as bare as the barest mirror: it says nothing of caching."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.support.served import served

METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"


@dataclass
class PackageIndex:
    """An index with one package, `tiny` 1.0, and what was asked of it."""

    address: str = ""
    wheel: bytes = b""
    asked: list[str] = field(default_factory=list)

    @property
    def fetched(self) -> int:
        """How often the wheel was fetched."""
        return sum(path.endswith(".whl") for path in self.asked)


@contextmanager
def package_index() -> Iterator[PackageIndex]:
    """Serves on loopback until the block ends."""
    name = "tiny-1.0-py3-none-any.whl"
    wheel = tiny_wheel()
    digest = hashlib.sha256(wheel).hexdigest()
    pages = {
        "/simple/tiny/": f'<a href="../../files/{name}#sha256={digest}" data-core-metadata="true">{name}</a>'.encode(),
        f"/files/{name}": wheel,
        f"/files/{name}.metadata": METADATA.encode(),
    }
    index = PackageIndex(wheel=wheel)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            body = pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/zip")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with served(Handler) as port:
        index.address = f"http://127.0.0.1:{port}/simple"
        yield index


def tiny_wheel() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as wheel:
        wheel.writestr("tiny.py", "SIZE = 1\n")
        wheel.writestr("tiny-1.0.dist-info/METADATA", METADATA)
        wheel.writestr(
            "tiny-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(
            "tiny-1.0.dist-info/RECORD", "tiny.py,,\ntiny-1.0.dist-info/METADATA,,\ntiny-1.0.dist-info/WHEEL,,\n"
        )
    return content.getvalue()


def source_archive(name: str, build: str) -> bytes:
    """A source archive of `name` 1.0, whose build backend is the module with this code."""
    files = {
        "PKG-INFO": f"Metadata-Version: 1.0\nName: {name}\nVersion: 1.0\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": build,
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}-1.0/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()
