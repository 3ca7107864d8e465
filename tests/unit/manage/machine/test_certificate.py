"""The certificate of the public address: how long it is good for, read from a real TLS server."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from unshelf.foundation.clock import now
from unshelf.manage.machine.certificate import CertificateWatch, ending_of


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, datetime]]:
    """The port of a server whose certificate ended yesterday, and when."""
    ends = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(ends - timedelta(days=9)).not_valid_after(ends).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / "both.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with context.wrap_socket(connection, server_side=True):
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], ends
        thread.join(10)


def test_one_that_has_ended_is_read_all_the_same(server: tuple[int, datetime]) -> None:
    port, ends = server
    assert ending_of("127.0.0.1", port) == ends


@pytest.mark.parametrize(("days", "state"), [(60, "ok"), (3, "warn"), (-1, "fail")])
def test_it_is_told_before_it_ends(days: int, state: str) -> None:
    asked: list[tuple[str, int]] = []

    def fetch(host: str, port: int) -> datetime:
        asked.append((host, port))
        return now() + timedelta(days=days)

    watch = CertificateWatch("https://models.example.org", fetch=fetch)
    (check,) = watch.checks()
    watch.checks()
    assert (check.state, check.name) == (state, "certificate")
    assert bool(check.hint) is (state != "ok")
    assert asked == [("models.example.org", 443)], "it is asked for every few hours alone"


def test_an_address_that_can_not_be_reached_from_here_is_no_finding() -> None:
    def fetch(host: str, port: int) -> datetime:
        raise OSError("no route")

    assert CertificateWatch("https://models.example.org", fetch=fetch).checks() == []


@pytest.mark.parametrize("address", ["", "http://models.example.org"])
def test_an_address_without_tls_has_no_certificate(address: str) -> None:
    def fetch(host: str, port: int) -> datetime:
        raise AssertionError("nobody asks")

    assert CertificateWatch(address, fetch=fetch).checks() == []
