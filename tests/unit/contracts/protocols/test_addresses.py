"""Addresses of workers: one form each for unix sockets and TCP, read alike by us and by the worker's own copy."""

import pytest

from unshelf.contracts.protocols.addresses import Address, TcpAddress, UnixAddress, parse_address
from unshelf.worker.process import listening

GOOD = [
    ("unix:w1.sock", UnixAddress("w1.sock")),
    ("unix:/home/run/w:1.sock", UnixAddress("/home/run/w:1.sock")),
    ("tcp:127.0.0.1:9000", TcpAddress("127.0.0.1", 9000)),
    ("tcp:worker-1.models.svc:80", TcpAddress("worker-1.models.svc", 80)),
    ("tcp:[::1]:0", TcpAddress("::1", 0)),
]
WRONG = [
    "", "w1.sock", "unix:", "unix:a\0b", "tcp:", "tcp:host", "tcp:host:", "tcp::80", "tcp:host:port", "tcp:host:65536", "tcp:::1:80",
    "tcp:host:80/", "tcp:[::1]80", "udp:host:80", "tcp:a b:80",
]  # fmt: skip


@pytest.mark.parametrize(("text", "address"), GOOD)
def test_an_address_is_read_and_written(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text
    place = address.name if isinstance(address, UnixAddress) else (address.host, address.port)
    assert listening.parse_address(text) == place


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unix:NAME or tcp:HOST:PORT"):
        parse_address(text)
    with pytest.raises(ValueError, match="unix:NAME or tcp:HOST:PORT"):
        listening.parse_address(text)
