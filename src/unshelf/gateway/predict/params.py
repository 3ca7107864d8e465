"""Parameters that come beside a body, in a header: they go to the worker before the body, and into the record beside it."""

from unshelf.contracts.protocols import frames
from unshelf.gateway.prediction import Prediction

PARAMS_HEADER = "unshelf-params"


def note_header(prediction: Prediction, header: str | None) -> None:
    """Give a prediction whose body is parsed the parameters of its request's header, if it has one."""
    if header:
        attach(prediction, header.encode("latin-1"))


def attach(prediction: Prediction, params: bytes) -> None:
    """Give a prediction whose body is parsed these parameters, which are the text of a JSON object."""
    prediction.params = params
    prediction.wire_protocol |= frames.BESIDE
    prediction.pieces = (prefix_of(params), *(prediction.pieces or (prediction.body,)))


def prefix_of(params: bytes) -> bytes:
    """The bytes before the body in a frame's payload."""
    return frames.PARAMS_LENGTH.pack(len(params)) + params


def divided(payload: bytes) -> tuple[bytes, bytes]:
    """The parameters and the body of a payload that begins with parameters."""
    stop = frames.PARAMS_LENGTH.size + frames.PARAMS_LENGTH.unpack_from(payload)[0]
    return payload[frames.PARAMS_LENGTH.size : stop], payload[stop:]
