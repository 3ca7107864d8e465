"""The native protocol: `{"inputs": [row, …]}`; an answer is the array of its outputs."""

import msgspec

from unshelf.codecs.body import RowBody, Undecodable, object_in, params_in, rows_in, with_params

INPUTS = "inputs"
OUTPUTS = "outputs"
_BASE64 = "base64"


def read_request(body: bytes) -> RowBody:
    """The rows of a request. Raises one of REFUSALS."""
    payload = object_in(body)
    params = params_in(payload)
    payload.pop(_BASE64, None)  # it says of texts what the signature says too
    if payload.keys() != {INPUTS}:
        raise Undecodable
    return RowBody(INPUTS, rows_in(payload[INPUTS]), params=params)


def write_request(body: RowBody) -> bytes:
    """The request that has these rows."""
    return msgspec.json.encode(with_params({INPUTS: body.rows}, body.params))


def read_answer(body: bytes) -> RowBody:
    """The rows of an answer as it is recorded. Raises one of REFUSALS."""
    return RowBody(OUTPUTS, rows_in(msgspec.json.decode(body)))
