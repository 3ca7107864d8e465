"""A git server of a test's own on this machine: `git http-backend` behind HTTP, or the files of a repository alone."""

import base64
import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_PERSON = {
    "GIT_AUTHOR_NAME": "ana", "GIT_AUTHOR_EMAIL": "ana@example.org", "GIT_COMMITTER_NAME": "ana",
    "GIT_COMMITTER_EMAIL": "ana@example.org", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, and return what it prints."""
    environment = {**os.environ, **_PERSON}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def make_repository(folder: Path, files: dict[str, str], *, branch: str = "main") -> str:
    """Make a repository with these files in its first commit, and return that."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", f"--initial-branch={branch}")
    return commit(folder, files)


def commit(folder: Path, files: dict[str, str], *, message: str = "change") -> str:
    """Write files and commit all that lies in the folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


class GitServer:
    """Serves the repositories below a folder, each under its name."""

    def __init__(self, folder: Path, *, password: str = "", is_dumb: bool = False) -> None:
        """`password`: what callers must give with any user name. `is_dumb`: it knows nothing of git's protocol."""
        self.folder = folder
        self.password = password
        self.is_dumb = is_dumb
        self.asked: list[str] = []
        """The paths of all requests."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self.place = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def url(self, name: str) -> str:
        """The address of a repository."""
        return f"http://{self.place}/{name}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        self.asked.append(request.path)
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length) if length else _chunks(request)
        if self.password and not self._knows(request.headers.get("Authorization", "")):
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="git"')
            request.send_header("Content-Length", "0")
            request.end_headers()
        elif self.is_dumb:
            self._send_file(request)
        else:
            self._run_backend(request, body)

    def _knows(self, header: str) -> bool:
        said = base64.b64decode(header.removeprefix("Basic ") or b"").decode()
        return said.partition(":")[2] == self.password

    def _send_file(self, request: BaseHTTPRequestHandler) -> None:
        name, _, path = request.path.lstrip("/").partition("?")[0].partition("/")
        file = self.folder / name / ".git" / path
        if not file.is_file():
            request.send_error(404)
            return
        content = file.read_bytes()
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _run_backend(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        path, _, query = request.path.partition("?")
        environment = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.folder), "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": request.command,
            "PATH_INFO": path, "QUERY_STRING": query, "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)), "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""), "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        }  # fmt: skip
        done = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        request.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)


def _chunks(request: BaseHTTPRequestHandler) -> bytes:
    if request.headers.get("Transfer-Encoding") != "chunked":
        return b""
    found = b""
    while size := int(request.rfile.readline(), 16):
        found += request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()
    return found


@contextlib.contextmanager
def git_server(folder: Path, *, password: str = "", is_dumb: bool = False) -> Iterator[GitServer]:
    """A git server until the end of the block."""
    server = GitServer(folder, password=password, is_dumb=is_dumb)
    server.start()
    try:
        yield server
    finally:
        server.stop()
