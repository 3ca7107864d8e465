"""Handing a body over: the head of its frame on a worker's socket, and with it the descriptor of the memory that the body lies in."""

import socket

from unshelf.contracts import frames
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.shared import SharedBody

_REST = frames.REQUEST.size - frames.LENGTH_BYTES + frames.HANDED.size


def hand_over(worker: int, prediction: Prediction, body: SharedBody) -> bytes | None:
    """Send the request on the socket `worker`, at once.

    What of its frame did not go, which is nothing as a rule and must go before anything else; None when nothing of it went,
    because the worker takes nothing at the moment or the system lets no descriptor through."""
    frame = frames.REQUEST.pack(
        _REST,
        prediction.wire_id,
        frames.PREDICT,
        prediction.kind,
        prediction.flags | frames.HANDED_OVER,
        prediction.header,
    ) + frames.HANDED.pack(body.size)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, worker)
    try:
        sent = socket.send_fds(connection, [frame], [body.descriptor])
    except OSError:
        return None
    finally:
        connection.detach()  # it is the transport's
    return frame[sent:]
