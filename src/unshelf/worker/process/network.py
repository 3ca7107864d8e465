"""The network of a forked worker with grants: sockets that listen in it, served by a process of the platform's outside.

host/sandbox/network.py does the same for workers that are started from nothing."""

import contextlib
import fcntl
import socket
import struct

_SET_ADDRESS, _INDEX_OF = 0x8916, 0x8933
_LOOPBACK = b"lo"
_BACKLOG = 128


def send_listeners(channel: int, addresses: "list[str]", listeners: "list[tuple[str, int]]") -> None:
    """Give the loopback interface these addresses, and send sockets that listen at these places. Raises OSError."""
    for number, address in enumerate(addresses):
        _add_address(number, address)
    sockets = [_listening(host, port) for host, port in listeners]
    relay = socket.socket(fileno=channel)
    with contextlib.suppress(
        BrokenPipeError
    ):  # it has died; the host starts another one, and another of these programs
        socket.send_fds(relay, [b"listening"], [each.fileno() for each in sockets])
    relay.detach()
    for each in sockets:
        each.close()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listening.bind((host, port))
    listening.listen(_BACKLOG)
    return listening


def _add_address(number: int, text: str) -> None:
    if ":" not in text:
        name = b"lo:%d" % number  # an alias: the interface keeps 127.0.0.1
        place = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_pton(socket.AF_INET, text))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            fcntl.ioctl(asking, _SET_ADDRESS, struct.pack("16s16s8x", name, place))
        return
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
        index = struct.unpack_from("16si", fcntl.ioctl(asking, _INDEX_OF, struct.pack("16si20x", _LOOPBACK, 0)))[1]
        address = socket.inet_pton(socket.AF_INET6, text)
        fcntl.ioctl(asking, _SET_ADDRESS, struct.pack("16sIi", address, 128, index))
