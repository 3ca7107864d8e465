"""Between gRPC messages and the V2 body with binary tensors that workers read: bytes are moved, values are not looked at."""

import struct
import sys
from array import array
from itertools import chain
from typing import Any

import msgspec

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.grpc.messages import ModelInferResponse

_CONTENTS = {
    "BOOL": ("bool_contents", "B"), "INT8": ("int_contents", "b"), "INT16": ("int_contents", "h"), "INT32": ("int_contents", "i"),
    "INT64": ("int64_contents", "q"), "UINT8": ("uint_contents", "B"), "UINT16": ("uint_contents", "H"),
    "UINT32": ("uint_contents", "I"), "UINT64": ("uint64_contents", "Q"), "FP32": ("fp32_contents", "f"), "FP64": ("fp64_contents", "d"),
}  # fmt: skip
"""Datatype → the field of InferTensorContents that carries its values, and the code of their type in an array."""
_BYTES_CONTENTS = "bytes_contents"
_LENGTH = struct.Struct("<I")
_SHARED_MEMORY = "shared_memory_region"


class _Parameters(msgspec.Struct, frozen=True):
    binary_data_size: int


class _Output(msgspec.Struct, frozen=True):
    name: str
    datatype: str
    shape: list[int]
    parameters: _Parameters


class _Answer(msgspec.Struct, frozen=True):
    outputs: list[_Output]
    id: str = ""


_answers = msgspec.json.Decoder(_Answer)


def request_body(request: Any) -> tuple[bytes, int]:
    """The V2 body of a ModelInferRequest and the length of its JSON part. Raises ProblemError."""
    blobs = list(request.raw_input_contents)
    if blobs and len(blobs) != len(request.inputs):
        raise _malformed(f"There are {len(request.inputs)} inputs, but {len(blobs)} raw_input_contents.")
    inputs = []
    for place, tensor in enumerate(request.inputs):
        if _SHARED_MEMORY in tensor.parameters:
            raise _no_shared_memory()
        if blobs and tensor.HasField("contents"):
            raise _malformed(f"Input {tensor.name[:80]!a} has both contents and raw_input_contents.")
        if len(blobs) == place:
            blobs.append(_packed(tensor))
        inputs.append(
            {
                "name": tensor.name,
                "datatype": tensor.datatype,
                "shape": list(tensor.shape),
                "parameters": {"binary_data_size": len(blobs[place])},
            }
        )
    parameters = {name: _value(parameter) for name, parameter in request.parameters.items()}
    head: dict[str, Any] = {"inputs": inputs, "parameters": {**parameters, "binary_data_output": True}}
    if request.id:
        head["id"] = request.id
    if request.outputs:
        head["outputs"] = [_wanted(output) for output in request.outputs]
    text = msgspec.json.encode(head)
    return b"".join([text, *blobs]), len(text)


def response_of(body: bytes, header: int, *, model: str, version: int) -> Any:
    """The ModelInferResponse for a worker's V2 answer."""
    answer = _answers.decode(body[:header] if header else body)
    response = ModelInferResponse(model_name=model, model_version=str(version), id=answer.id)
    start = header
    for output in answer.outputs:
        response.outputs.add(name=output.name, datatype=output.datatype, shape=output.shape)
        stop = start + output.parameters.binary_data_size
        response.raw_output_contents.append(body[start:stop])
        start = stop
    return response


def _packed(tensor: Any) -> bytes:
    """The bytes of a tensor whose values came in the typed field for its datatype."""
    contents = tensor.contents
    if tensor.datatype == "BYTES":
        _only(tensor, _BYTES_CONTENTS)
        texts = contents.bytes_contents
        return b"".join(chain.from_iterable(zip(map(_LENGTH.pack, map(len, texts)), texts, strict=True)))
    if tensor.datatype not in _CONTENTS:
        raise _malformed(f"Input {tensor.name[:80]!a}: values of {tensor.datatype[:20]!a} come as raw_input_contents.")
    field, code = _CONTENTS[tensor.datatype]
    _only(tensor, field)
    try:
        values = array(code, getattr(contents, field))
    except OverflowError:
        raise ProblemError(
            "invalid_input", f"Input {tensor.name[:80]!a} has a value that is out of the range of {tensor.datatype}."
        ) from None
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _only(tensor: Any, field: str) -> None:
    """Refuse values in a field of another datatype, which would silently be no values."""
    for found, _ in tensor.contents.ListFields():
        if found.name != field:
            raise _malformed(
                f"Input {tensor.name[:80]!a}: values of {tensor.datatype} belong in {field}, not {found.name}."
            )


def _wanted(output: Any) -> dict[str, Any]:
    if _SHARED_MEMORY in output.parameters:
        raise _no_shared_memory()
    parameters = {name: _value(parameter) for name, parameter in output.parameters.items()}
    return {"name": output.name, "parameters": {**parameters, "binary_data": True}}


def _value(parameter: Any) -> Any:
    chosen = parameter.WhichOneof("parameter_choice")
    return None if chosen is None else getattr(parameter, chosen)


def _malformed(detail: str) -> ProblemError:
    return ProblemError("malformed_request", detail, hint="See ModelInferRequest in the Open Inference Protocol, V2.")


def _no_shared_memory() -> ProblemError:
    return ProblemError(
        "malformed_request", "The shared memory extension is not offered.", hint="Send the tensor's bytes."
    )
