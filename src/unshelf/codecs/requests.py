"""Requests and answers of every protocol: the one table of who reads and writes which format. An Arrow stream is read by workers
alone: what is not of this table is neither redacted nor taken apart into columns."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from unshelf.codecs import csv_text, mlflow, native, open_inference
from unshelf.codecs.body import Body, TensorBody, Undecodable, Values
from unshelf.contracts.protocols import frames


class _Format(NamedTuple):
    read: Callable[[bytes, int], Body]
    write: Callable[[Any], tuple[bytes, int]]


_FORMATS = {
    frames.NATIVE: _Format(lambda body, _: native.read_request(body), lambda body: (native.write_request(body), 0)),
    frames.MLFLOW_JSON: _Format(lambda body, _: mlflow.read_request(body), lambda body: (mlflow.write_request(body), 0)),
    frames.MLFLOW_CSV: _Format(lambda body, _: csv_text.read_request(body), lambda body: (csv_text.write_request(body), 0)),
    frames.V2: _Format(
        lambda body, json_length: open_inference.read_tensors(body, json_length, open_inference.INPUTS),
        open_inference.write_tensors,
    ),
}  # fmt: skip
_WIRE_PROTOCOLS = {"native": frames.NATIVE, "mlflow": frames.MLFLOW_JSON, "v2": frames.V2, "grpc": frames.V2}


def wire_protocol_of(protocol: str, content_type: str) -> int:
    """The frame's protocol number of a recorded request; 0 for one whose body is not read here."""
    if protocol == "mlflow" and is_csv(content_type):
        return frames.MLFLOW_CSV
    return _WIRE_PROTOCOLS.get(protocol, 0)


def is_csv(content_type: str) -> bool:
    """Whether a body of MLflow's protocol is CSV."""
    return content_type.partition(";")[0].strip().lower() == "text/csv"


def read_request(wire_protocol: int, body: bytes, json_length: int = 0) -> Body:
    """The body of a request. Raises one of REFUSALS."""
    if wire_protocol not in _FORMATS or not body:
        raise Undecodable
    return _FORMATS[wire_protocol].read(body, json_length)


def write_request(wire_protocol: int, body: Body) -> tuple[bytes, int]:
    """The bytes of a request's body in the format that it was read from, and the length of its JSON part (0: all of it)."""
    return _FORMATS[wire_protocol].write(body)


def read_answer(protocol: str, body: bytes, json_length: int = 0) -> Body:
    """The body of a recorded answer with status 200. Raises one of REFUSALS."""
    if protocol == "native":
        return native.read_answer(body)
    if protocol == "mlflow":
        return mlflow.read_answer(body)
    if _WIRE_PROTOCOLS.get(protocol) == frames.V2:
        return open_inference.read_tensors(body, json_length, open_inference.OUTPUTS)
    raise Undecodable


def columns_of(body: Body, names: Sequence[str]) -> Values:
    """The values by column; `names`: those of the signature, in its order. Raises Undecodable."""
    if isinstance(body, TensorBody):
        return open_inference.columns_of(body, names)
    return body.columns(names)
