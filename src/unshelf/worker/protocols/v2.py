"""Open Inference Protocol V2, with the binary tensor data extension."""

import math
import struct
from typing import Any

from ..encoding.described_outputs import datatype_of, packable
from ..encoding.flatten import Ragged, flatten
from ..encoding.json_codec import dumps, loads
from ..encoding.opening import listed
from ..encoding.types import STRUCT_CODES
from ..encoding.v2_tensor import V2Tensor, join_bytes
from ..errors import RequestRefused, invalid, malformed
from ..inputs.columns import shown
from ..inputs.request_inputs import Inputs, RequestInputs
from ..outputs import BatchOutputs
from ..parameters.schema import NO_PARAMETERS, Parameters

_DATATYPES = frozenset({*STRUCT_CODES, "BYTES"})
_MAX_DIMENSIONS = 32  # NumPy 1's limit
_BINARY_OUTPUT = "binary_data_output"
_OTHERS = frozenset({
    "content_type", "headers", "priority", "sequence_end", "sequence_id", "sequence_start", "timeout",
})  # fmt: skip
"""Parameters that other servers know, and clients send to any: passed over, unless the model declares one of the name."""
_OTHERS_PREFIX = "triton_"


class RequestContext:
    """Facts of a request that its answer needs."""

    __slots__ = ("binary", "id", "outputs")

    def __init__(self, id: str | None, outputs: dict[str, bool] | None, binary: bool) -> None:
        self.id = id
        self.outputs = outputs
        """Output name → whether as binary data; None: all of them, as `binary` says."""
        self.binary = binary


class OpenInference:
    """See WireProtocol."""

    def __init__(self, inputs: Inputs, parameters: Parameters = NO_PARAMETERS, *, model: str, version: int) -> None:
        self._inputs = inputs
        self._parameters = parameters
        self._head = {"model_name": model, "model_version": str(version)}

    def read(self, body: bytes, header: int) -> tuple[RequestInputs, RequestContext]:
        """Read the body's tensors; see WireProtocol."""
        if header > len(body):
            raise malformed(f"The JSON part is said to be {header} bytes long, the body has {len(body)}.")
        payload = loads(body[:header] if header else body)
        if type(payload) is not dict:
            raise invalid("The body must be a JSON object with the member `inputs`.")
        request_id = payload.get("id")
        if request_id is not None and type(request_id) is not str:
            raise invalid(f"`id` must be text, got {shown(request_id)}.")
        parameters = _parameters(payload, "the request")
        binary = parameters.get(_BINARY_OUTPUT, False) is True
        outputs = _requested_outputs(payload.get("outputs"), binary)
        tensors = _tensors(payload.get("inputs"), body[header:] if header else b"")
        part, context = self._inputs.from_tensors(tensors), RequestContext(request_id, outputs, binary)
        return (self._given(part, parameters) if parameters else part), context

    def _given(self, part: RequestInputs, parameters: dict[str, Any]) -> RequestInputs:
        """The inputs with those of the request's parameters that are the model's, or nobody's."""
        given = {
            name: value
            for name, value in parameters.items()
            if name != _BINARY_OUTPUT
            and (name in self._parameters or not (name in _OTHERS or name.startswith(_OTHERS_PREFIX)))
        }
        return self._parameters.give(part, given, texts=True)

    def write(self, prediction: BatchOutputs, start: int, stop: int, context: RequestContext) -> tuple[bytes, int]:
        """Write the outputs in the order in which they were asked for; see WireProtocol."""
        values = prediction.slices(start, stop)
        requested = context.outputs if context.outputs is not None else dict.fromkeys(values, context.binary)
        if unknown := requested.keys() - values.keys():
            name, known = ascii(min(unknown)), ", ".join(map(ascii, values))
            raise invalid(f"The model has no output {name}.", hint=f"Its outputs: {known}.")
        outputs: list[dict[str, Any]] = []
        blobs: list[bytes] = []
        for name, binary in requested.items():
            datatype, shape, flat = datatype_of(values[name])
            output: dict[str, Any] = {"name": name, "datatype": datatype, "shape": shape}
            is_blob = values[name].kind == "bytes"
            if binary:
                blobs.append(_packed(datatype, packable(listed(flat), blobs=is_blob) if datatype == "BYTES" else flat))
                output["parameters"] = {"binary_data_size": len(blobs[-1])}
            else:
                output["data"] = listed(flat)
                if is_blob:
                    output["parameters"] = {"content_type": "base64"}
            outputs.append(output)
        answer = self._head if context.id is None else {**self._head, "id": context.id}
        text = dumps({**answer, "outputs": outputs}).encode()
        return (text + b"".join(blobs), len(text)) if blobs else (text, 0)


def _tensors(inputs: Any, raw: bytes) -> list[V2Tensor]:
    if type(inputs) is not list or not inputs:
        raise invalid("`inputs` must be a list of at least one tensor.", hint="See the Open Inference Protocol, V2.")
    tensors = []
    offset = 0
    for item in inputs:
        if type(item) is not dict:
            raise invalid(f"Each of `inputs` must be an object, got {shown(item)}.")
        size = _parameters(item, "an input").get("binary_data_size")
        if size is None:
            tensors.append(_tensor(item, None))
            continue
        if type(size) is not int or not 0 <= size <= len(raw) - offset:
            raise malformed(
                f"`binary_data_size` {shown(size)} does not fit the {len(raw) - offset} bytes that are left."
            )
        tensors.append(_tensor(item, raw[offset : offset + size]))
        offset += size
    if offset != len(raw):
        raise malformed(f"{len(raw) - offset} bytes of binary data belong to no tensor.")
    names = [tensor.name for tensor in tensors]
    if len(set(names)) != len(names):
        raise invalid("Each tensor must have a name of its own.")
    return tensors


def _tensor(item: dict[str, Any], raw: bytes | None) -> V2Tensor:
    name, datatype, shape = item.get("name"), item.get("datatype"), item.get("shape")
    if type(name) is not str:
        raise invalid(f"A tensor's `name` must be text, got {shown(name)}.")
    if type(datatype) is not str or datatype not in _DATATYPES:
        raise invalid(
            f"Tensor {name[:80]!a}: datatype {shown(datatype)} is not one of {', '.join(sorted(_DATATYPES))}."
        )
    if type(shape) is not list or not 0 < len(shape) <= _MAX_DIMENSIONS or not all(map(_is_size, shape)):
        raise invalid(f"Tensor {name[:80]!a}: `shape` must be a list of sizes, got {shown(shape)}.")
    if raw is not None:
        if "data" in item:
            raise invalid(f"Tensor {name[:80]!a} has both `data` and binary data.")
        return V2Tensor(name, datatype, shape, raw=raw)
    data = item.get("data")
    if type(data) is not list:
        raise invalid(f"Tensor {name[:80]!a}: `data` must be a list, got {shown(data)}.")
    try:
        nested, flat = flatten(data)
    except Ragged as ragged:
        raise invalid(f"Tensor {name[:80]!a}: its `data` is not rectangular ({ragged}).") from None
    if len(nested) > 1 and nested != shape:
        raise invalid(f"Tensor {name[:80]!a}: `data` of shape {nested} is not the `shape` {shape}.")
    return V2Tensor(name, datatype, shape, values=flat)


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**31


def _requested_outputs(outputs: Any, binary: bool) -> dict[str, bool] | None:
    if outputs is None or outputs == []:
        return None
    if type(outputs) is not list or not all(type(item) is dict and type(item.get("name")) is str for item in outputs):
        raise invalid("`outputs` must be a list of objects with a `name`.")
    binary_by_name: dict[str, bool] = {}
    for item in outputs:
        parameters = _parameters(item, "an output")
        if parameters.get("classification"):
            raise invalid("The classification extension is not offered.", hint="Ask for the output itself.")
        binary_by_name[item["name"]] = parameters.get("binary_data", binary) is True
    return binary_by_name


def _parameters(item: dict[str, Any], of: str) -> dict[str, Any]:
    parameters = item.get("parameters")
    if parameters is not None and type(parameters) is not dict:
        raise invalid(f"`parameters` of {of} must be an object, got {shown(parameters)}.")
    return parameters or {}


def _packed(datatype: str, flat: Any) -> bytes:
    if datatype == "BYTES":
        return join_bytes(flat)
    if hasattr(flat, "astype"):
        return bytes(flat.astype(flat.dtype.newbyteorder("<"), copy=False).tobytes())
    try:
        values = [math.nan if value is None else value for value in flat]
        return struct.pack(f"<{len(values)}{STRUCT_CODES[datatype]}", *values)
    except struct.error as error:
        raise RequestRefused(
            500, "model_error", "The model's answer does not fit its type.", traceback=str(error)
        ) from error
