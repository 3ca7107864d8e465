"""One signed request to a webhook: to the address that was found, bounded in time and size, following no redirect."""

import contextlib
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping

from unshelf.manage.webhooks.destinations import Destination

_SECONDS = 15.0
_MOST_ANSWER_BYTES = 64 * 1024


class SendFailed(Exception):
    """A request got no answer; the message says why."""


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The value of the header `Unshelf-Signature`: HMAC-SHA256 with the secret over the timestamp, a dot, and the body."""
    proof = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={proof}"


def post(
    destination: Destination, address: str, body: bytes, headers: Mapping[str, str], *, seconds: float = _SECONDS
) -> int:
    """Send a body to an address of the destination's host; returns the status of the answer. Raises SendFailed."""
    try:
        with _connected(destination, address, seconds) as stream:
            connection = http.client.HTTPConnection(destination.host)
            connection.sock = stream
            connection.request("POST", destination.target, body, {"Host": destination.authority, **headers})
            answer = connection.getresponse()
            answer.read(_MOST_ANSWER_BYTES)
            return answer.status
    except ssl.SSLError as error:
        raise SendFailed(f"TLS failed: {getattr(error, 'verify_message', '') or error.reason or error}") from None
    except TimeoutError:
        raise SendFailed(f"there was no answer within {seconds:g} seconds") from None
    except (OSError, http.client.HTTPException) as error:
        raise SendFailed(f"{type(error).__name__}: {error}"[:300]) from None


@contextlib.contextmanager
def _connected(destination: Destination, address: str, seconds: float) -> Iterator[socket.socket]:
    """A connection that is cut off after a time, however slowly the other side goes on sending."""
    stream = socket.create_connection((address, destination.port), timeout=seconds)
    is_late = threading.Event()
    streams = [stream]

    def cut_off() -> None:
        is_late.set()
        with contextlib.suppress(OSError):
            streams[-1].shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(seconds, cut_off)
    watch.daemon = True
    watch.start()
    try:
        if destination.scheme == "https":
            context = ssl.create_default_context()
            streams.append(context.wrap_socket(stream, server_hostname=destination.host, do_handshake_on_connect=False))
            streams[-1].do_handshake()  # type: ignore[attr-defined]
        yield streams[-1]
        if is_late.is_set():  # what was cut off may read like a whole answer
            raise TimeoutError
    except (OSError, http.client.HTTPException):
        if is_late.is_set():
            raise TimeoutError from None
        raise
    finally:
        watch.cancel()
        streams[-1].close()
