"""A syslog receiver: datagrams (RFC 5426), or a stream with counted messages (RFC 6587), in plain or over TLS (RFC 5425)."""

import contextlib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit

_PORTS = {"udp": 514, "tcp": 601, "tls": 6514}
_SECONDS = 10.0
_LAST_WORD_SECONDS = 2.0


class SyslogFailed(Exception):
    """A receiver did not take messages; the message says why."""


@dataclass(frozen=True, kw_only=True)
class SyslogReceiver:
    """Where messages go, and how."""

    scheme: Literal["udp", "tcp", "tls"]
    host: str
    port: int
    ca: str = ""
    """The file of certificates to trust over TLS; empty: the system's."""

    def send(self, messages: Sequence[bytes]) -> None:
        """Send messages in their order. Raises SyslogFailed when not all may have arrived; then send all of them again.

        Syslog has no answer to a message. On a stream the end is said and the receiver's own end waited for: where the connection
        breaks before that, what was sent may be lost."""
        try:
            if self.scheme == "udp":
                self._send_datagrams(messages)
            else:
                self._send_stream(messages)
        except OSError as error:  # ssl.SSLError and TimeoutError among them
            raise SyslogFailed(
                f"{self.scheme}://{self.host}:{self.port} takes no messages: {str(error) or type(error).__name__}."
            ) from error

    def _send_datagrams(self, messages: Sequence[bytes]) -> None:
        (family, _, _, _, address) = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as stream:
            stream.connect(address)
            for message in messages:
                stream.send(message)

    def _send_stream(self, messages: Sequence[bytes]) -> None:
        with socket.create_connection((self.host, self.port), timeout=_SECONDS) as plain:
            stream = plain
            if self.scheme == "tls":
                context = ssl.create_default_context(cafile=self.ca or None)
                stream = context.wrap_socket(plain, server_hostname=self.host)
            with stream:
                stream.sendall(b"".join(b"%d %s" % (len(message), message) for message in messages))
                stream.settimeout(_LAST_WORD_SECONDS)
                with contextlib.suppress(TimeoutError):  # a receiver that waits for more has what it was sent
                    if isinstance(stream, ssl.SSLSocket):
                        with contextlib.suppress(ssl.SSLError):  # many end without a word
                            stream.unwrap()
                        return
                    stream.shutdown(socket.SHUT_WR)
                    while stream.recv(4096):
                        pass


def syslog_receiver(url: str, ca: str = "") -> SyslogReceiver:
    """Read `udp://HOST[:PORT]`, `tcp://…` or `tls://…`. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise ValueError(f"{url!r} is no address of a syslog receiver: write udp://HOST:PORT, tcp://… or tls://…")
    scheme = cast(Literal["udp", "tcp", "tls"], parts.scheme)
    return SyslogReceiver(scheme=scheme, host=parts.hostname, port=parts.port or _PORTS[scheme], ca=ca)
