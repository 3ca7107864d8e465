"""Syslog receivers on free ports of this machine: datagrams, and counted messages on a stream, in plain or over TLS."""

import contextlib
import datetime
import ipaddress
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


@dataclass
class Received:
    """What a receiver got."""

    url: str = ""
    messages: list[bytes] = field(default_factory=list)
    break_off: bool = False
    """Whether the receiver resets connections before it has read anything."""


@contextlib.contextmanager
def datagram_receiver() -> Iterator[Received]:
    received = Received()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            received.messages.append(self.request[0])

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        received.url = f"udp://127.0.0.1:{server.server_address[1]}"
        with _served(server):
            yield received


@contextlib.contextmanager
def stream_receiver(tls: tuple[Path, Path] | None = None) -> Iterator[Received]:
    """`tls`: a certificate and its key."""
    received = Received()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if received.break_off:
                linger = b"\1\0\0\0\0\0\0\0"
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                return
            rest = self.rfile.read()
            while rest:
                length, _, rest = rest.partition(b" ")
                received.messages.append(rest[: int(length)])
                rest = rest[int(length) :]

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def get_request(self) -> Any:
            connection, address = super().get_request()
            if tls is None:
                return connection, address
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            return context.wrap_socket(connection, server_side=True), address

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that breaks off is what some tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        received.url = f"{'tls' if tls else 'tcp'}://127.0.0.1:{server.server_address[1]}"
        with _served(server):
            yield received


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1)).add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "receiver.crt", folder / "receiver.key"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@contextlib.contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
