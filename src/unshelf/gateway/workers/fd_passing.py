"""Handing a body over: the head of its frame on a worker's socket, and with it the descriptor of the memory that the body lies in."""

import socket

from unshelf.contracts.protocols import frames
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.sealed_buffer import SealedBuffer

_REST = frames.REQUEST.size - frames.LENGTH_BYTES + frames.HANDED.size


def hand_over(worker: int, prediction: Prediction, body: SealedBuffer) -> bytes | None:
    """Send the request on the socket `worker`, at once.

    What of its frame did not go, which is nothing as a rule and must go before anything else; None when nothing of it went,
    because the worker takes nothing at the moment or the system lets no descriptor through."""
    # Parameters beside the body, which are the first of the pieces, go in the frame.
    prefix = bytes(prediction.pieces[0]) if prediction.wire_protocol >= frames.BESIDE else b""
    frame = (
        frames.REQUEST.pack(
            _REST + len(prefix),
            prediction.wire_id,
            frames.PREDICT,
            prediction.wire_protocol,
            prediction.flags | frames.BODY_BY_FD,
            prediction.header,
        )
        + prefix
        + frames.HANDED.pack(body.size)
    )
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, worker)
    try:
        sent = socket.send_fds(connection, [frame], [body.descriptor])
    except OSError:
        return None
    finally:
        connection.detach()  # it is the transport's
    return frame[sent:]
