"""ONNX: the graph's own file; its names are read from it without the onnx package."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.contracts.bundle import Loader
from unshelf.contracts.signature import Tensor, TensorType


def save(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    """Save a ModelProto, or the file of an onnxruntime session, as `model.onnx`."""
    path = folder / "model.onnx"
    if hasattr(model, "SerializeToString"):
        path.write_bytes(model.SerializeToString())
        return _saved(path, folder, wanted.method)
    # onnxruntime's session keeps the path here, and has no public way to write itself.
    source = getattr(model, "_model_path", None)
    if source is None:
        raise InvalidModel(
            f"A {type(model).__name__} can't be deployed as it is.",
            hint="Give the path of its .onnx file, or its ModelProto.",
        )
    shutil.copyfile(source, path)
    for name in _read_graph(path).external:
        shutil.copyfile(Path(source).with_name(name), folder / name)
    return _saved(path, folder, wanted.method)


def from_file(path: Path, folder: Path, *, method: str) -> SavedModel:
    """Read an .onnx file. `method`: "predict" for all outputs, or the name of the only output to return."""
    saved = _saved(path, folder, method)
    if external := _read_graph(path).external:
        saved.notes.append(
            f"{path.name} keeps weights in {', '.join(external)}: deploy a folder with an unshelf.toml, so that they go along."
        )
    return saved


def _saved(path: Path, folder: Path, method: str) -> SavedModel:
    graph = _read_graph(path)
    options: dict[str, Any] = {}
    if method != "predict":
        if method not in graph.outputs:
            raise InvalidModel(
                f"The graph has no output {method!r}.",
                hint=f"Its outputs are {', '.join(graph.outputs)}; as method name one of them, or predict for all.",
            )
        options["outputs"] = [method]
    if missing := [name for name in graph.external if not path.with_name(name).is_file()]:
        raise InvalidModel(f"{path.name} keeps weights in {missing[0]}, which is not beside it.")
    return SavedModel(
        loader=Loader(kind="onnx", file=path.relative_to(folder).as_posix(), format="onnx", options=options),
        requirements=distributions_of(["onnxruntime", "numpy"]),
        container_hint="tensors",
        tensors=_tensors(graph),
    )


def _tensors(graph: "_Graph") -> list[Tensor] | None:
    """Return the graph's inputs as a signature has them; None if one is of a type that no request holds."""
    tensors = []
    for name, (element, sizes) in graph.inputs.items():
        if element not in _TYPES or not sizes:
            return None
        tensors.append(Tensor(name=name, type=_TYPES[element], shape=[-1, *sizes[1:]]))
    return tensors


# Numbers of element types and of fields in onnx.proto, which never change.
_TYPES: dict[int, TensorType] = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64",
}  # fmt: skip
_MODEL_GRAPH = 7
_GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 5, 11, 12
_WEIGHT_NAME, _WEIGHT_EXTERNAL = 8, 13
_VALUE_NAME, _VALUE_TYPE, _TYPE_TENSOR, _TENSOR_ELEMENT, _TENSOR_SHAPE, _SHAPE_SIZE, _SIZE_NUMBER = 1, 2, 1, 1, 2, 1, 1


@dataclass
class _Graph:
    inputs: dict[str, tuple[int, list[int]]] = field(default_factory=dict)
    """name → (number of its element type, sizes; -1: free)."""
    outputs: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    """Names of the files beside the graph that hold weights."""


def _read_graph(path: Path) -> _Graph:
    graph = _Graph()
    weights: set[str] = set()
    try:
        for part in _messages(memoryview(path.read_bytes()), _MODEL_GRAPH):
            for value in _messages(part, _GRAPH_INPUT):
                name, element, sizes = _value(value)
                graph.inputs[name] = (element, sizes)
            graph.outputs += [_value(value)[0] for value in _messages(part, _GRAPH_OUTPUT)]
            for weight in _messages(part, _GRAPH_INITIALIZER):
                weights.update(map(_text, _messages(weight, _WEIGHT_NAME)))
                graph.external += _locations(weight)
    except (IndexError, ValueError) as error:
        raise InvalidModel(f"{path.name} is no ONNX file: {error}.") from error
    if not graph.outputs:
        raise InvalidModel(f"{path.name} is no ONNX file: it holds no graph.")
    # Old files list their weights among the inputs.
    graph.inputs = {name: value for name, value in graph.inputs.items() if name not in weights}
    graph.external = list(dict.fromkeys(graph.external))
    return graph


def _value(data: memoryview) -> tuple[str, int, list[int]]:
    """Name, element type and sizes of an input or output; -1 for a size that is a name or nothing."""
    name = "".join(map(_text, _messages(data, _VALUE_NAME)))
    element, sizes = 0, []
    for kind in _messages(data, _VALUE_TYPE):
        for tensor in _messages(kind, _TYPE_TENSOR):
            element = next(_numbers(tensor, _TENSOR_ELEMENT), 0)
            for shape in _messages(tensor, _TENSOR_SHAPE):
                sizes = [next(_numbers(size, _SIZE_NUMBER), 0) or -1 for size in _messages(shape, _SHAPE_SIZE)]
    return name, element, sizes


def _locations(weight: memoryview) -> list[str]:
    pairs = []
    for entry in _messages(weight, _WEIGHT_EXTERNAL):
        key, value = ("".join(map(_text, _messages(entry, number))) for number in (1, 2))
        pairs.append((key, value))
    return [value for key, value in pairs if key == "location"]


def _messages(data: memoryview, wanted: int) -> list[memoryview]:
    return [value for number, value in _fields(data) if number == wanted and isinstance(value, memoryview)]


def _numbers(data: memoryview, wanted: int) -> Iterator[int]:
    return (value for number, value in _fields(data) if number == wanted and isinstance(value, int))


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Yield the fields of a protobuf message; numbers of fixed width are skipped."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, place = _varint(data, place)
            yield number, value
        elif wire == 1:
            place += 8
        elif wire == 5:
            place += 4
        elif wire == 2:
            size, place = _varint(data, place)
            if place + size > len(data):
                raise ValueError("it is cut short")
            yield number, data[place : place + size]
            place += size
        else:
            raise ValueError("its bytes are no protobuf message")


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7


def _text(data: memoryview) -> str:
    return bytes(data).decode()
