"""The signature's types in the words of others: Open Inference V2's names, struct's codes, ranges."""

V2_DATATYPES = {
    "bool": "BOOL", "int8": "INT8", "int16": "INT16", "int32": "INT32", "int64": "INT64", "uint8": "UINT8", "uint16": "UINT16",
    "uint32": "UINT32", "uint64": "UINT64", "float16": "FP16", "float32": "FP32", "float64": "FP64", "string": "BYTES",
    "datetime": "BYTES", "duration": "BYTES", "bytes": "BYTES", "json": "BYTES",
}  # fmt: skip

TYPES_OF_V2 = {datatype: name for name, datatype in V2_DATATYPES.items() if datatype != "BYTES"} | {"BYTES": "string"}

STRUCT_CODES = {
    "BOOL": "?", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q", "UINT8": "B", "UINT16": "H", "UINT32": "I",
    "UINT64": "Q", "FP16": "e", "FP32": "f", "FP64": "d",
}  # fmt: skip
"""V2 datatype → struct's code; little-endian with '<'."""

INTEGERS = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
"""Integer type → its least and greatest value."""

FLOATS = {
    "float16": 65504.0,
    "float32": float.fromhex("0x1.fffffep127"),
    "float64": float.fromhex("0x1.fffffffffffffp1023"),
}
"""Float type → its greatest finite value."""
