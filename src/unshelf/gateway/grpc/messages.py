"""The messages of `inference.GRPCInferenceService`, built at import from one table: there is no generated code."""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "inference.GRPCInferenceService"

_PACKAGE = "inference"
_PARAMETERS = "map<InferParameter>"
_TABLE: dict[str, list[tuple[str, int, str]]] = {
    "ServerLiveRequest": [],
    "ServerLiveResponse": [("live", 1, "bool")],
    "ServerReadyRequest": [],
    "ServerReadyResponse": [("ready", 1, "bool")],
    "ModelReadyRequest": [("name", 1, "string"), ("version", 2, "string")],
    "ModelReadyResponse": [("ready", 1, "bool")],
    "ServerMetadataRequest": [],
    "ServerMetadataResponse": [("name", 1, "string"), ("version", 2, "string"), ("extensions", 3, "string*")],
    "ModelMetadataRequest": [("name", 1, "string"), ("version", 2, "string")],
    "ModelMetadataResponse": [
        ("name", 1, "string"), ("versions", 2, "string*"), ("platform", 3, "string"),
        ("inputs", 4, "ModelMetadataResponse.TensorMetadata*"), ("outputs", 5, "ModelMetadataResponse.TensorMetadata*"),
    ],
    "ModelMetadataResponse.TensorMetadata": [("name", 1, "string"), ("datatype", 2, "string"), ("shape", 3, "int64*")],
    "InferParameter": [
        ("bool_param", 1, "bool|"), ("int64_param", 2, "int64|"), ("string_param", 3, "string|"), ("double_param", 4, "double|"),
        ("uint64_param", 5, "uint64|"),
    ],
    "InferTensorContents": [
        ("bool_contents", 1, "bool*"), ("int_contents", 2, "int32*"), ("int64_contents", 3, "int64*"), ("uint_contents", 4, "uint32*"),
        ("uint64_contents", 5, "uint64*"), ("fp32_contents", 6, "float*"), ("fp64_contents", 7, "double*"), ("bytes_contents", 8, "bytes*"),
    ],
    "ModelInferRequest": [
        ("model_name", 1, "string"), ("model_version", 2, "string"), ("id", 3, "string"), ("parameters", 4, _PARAMETERS),
        ("inputs", 5, "ModelInferRequest.InferInputTensor*"), ("outputs", 6, "ModelInferRequest.InferRequestedOutputTensor*"),
        ("raw_input_contents", 7, "bytes*"),
    ],
    "ModelInferRequest.InferInputTensor": [
        ("name", 1, "string"), ("datatype", 2, "string"), ("shape", 3, "int64*"), ("parameters", 4, _PARAMETERS),
        ("contents", 5, "InferTensorContents"),
    ],
    "ModelInferRequest.InferRequestedOutputTensor": [("name", 1, "string"), ("parameters", 2, _PARAMETERS)],
    "ModelInferResponse": [
        ("model_name", 1, "string"), ("model_version", 2, "string"), ("id", 3, "string"), ("parameters", 4, _PARAMETERS),
        ("outputs", 5, "ModelInferResponse.InferOutputTensor*"), ("raw_output_contents", 6, "bytes*"),
    ],
    "ModelInferResponse.InferOutputTensor": [
        ("name", 1, "string"), ("datatype", 2, "string"), ("shape", 3, "int64*"), ("parameters", 4, _PARAMETERS),
        ("contents", 5, "InferTensorContents"),
    ],
}  # fmt: skip
"""Message (`Outer.Inner`: nested) → its fields: name, number, type. `*`: repeated; `|`: one of the message's fields."""

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _Field.TYPE_BOOL, "int32": _Field.TYPE_INT32, "int64": _Field.TYPE_INT64, "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64, "float": _Field.TYPE_FLOAT, "double": _Field.TYPE_DOUBLE, "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
}  # fmt: skip


def _built() -> dict[str, Any]:
    """Message → class, in a pool of our own: another definition of the same names in this process is no conflict."""
    file = descriptor_pb2.FileDescriptorProto(name="unshelf/inference.proto", package=_PACKAGE, syntax="proto3")
    built: dict[str, Any] = {}
    for path, fields in _TABLE.items():
        outer, _, inner = path.rpartition(".")
        message = built[outer].nested_type.add(name=inner) if outer else file.message_type.add(name=inner)
        built[path] = message
        for name, number, kind in fields:
            _add_field(message, path, name, number, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {path: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{path}")) for path in _TABLE}


def _add_field(message: Any, path: str, name: str, number: int, kind: str) -> None:
    field = message.field.add(name=name, number=number, label=_Field.LABEL_OPTIONAL)
    if kind.startswith("map<"):
        entry = message.nested_type.add(name=f"{name.capitalize()}Entry")
        entry.options.map_entry = True
        _add_field(entry, path, "key", 1, "string")
        _add_field(entry, path, "value", 2, kind[len("map<") : -1])
        kind = f"{path}.{entry.name}*"
    if kind.endswith("*"):
        field.label = _Field.LABEL_REPEATED
    if kind.endswith("|"):
        if not message.oneof_decl:
            message.oneof_decl.add(name="parameter_choice")
        field.oneof_index = 0
    plain = kind.rstrip("*|")
    if plain in _SCALARS:
        field.type = _SCALARS[plain]
    else:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{plain}"


_classes = _built()

ServerLiveResponse = _classes["ServerLiveResponse"]
ServerReadyResponse = _classes["ServerReadyResponse"]
ServerMetadataResponse = _classes["ServerMetadataResponse"]
ModelReadyRequest = _classes["ModelReadyRequest"]
ModelReadyResponse = _classes["ModelReadyResponse"]
ModelMetadataRequest = _classes["ModelMetadataRequest"]
ModelMetadataResponse = _classes["ModelMetadataResponse"]
ModelInferRequest = _classes["ModelInferRequest"]
ModelInferResponse = _classes["ModelInferResponse"]
