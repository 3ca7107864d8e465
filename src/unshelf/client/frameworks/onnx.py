"""ONNX: the graph's own file; its names are read from it without the onnx package."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.wanted import Wanted
from unshelf.client.saved import Saved
from unshelf.contracts.bundle import Loader


def save(model: Any, folder: Path, wanted: Wanted) -> Saved:
    """`model.onnx`, from a ModelProto, or from an onnxruntime session that was opened from a file."""
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


def from_file(path: Path, folder: Path, *, method: str) -> Saved:
    """An .onnx file. `method` is "predict", which answers with all outputs, or the name of the one output that is wanted."""
    saved = _saved(path, folder, method)
    if external := _read_graph(path).external:
        saved.notes.append(
            f"{path.name} keeps weights in {', '.join(external)}: deploy a folder with an unshelf.toml, so that they go along."
        )
    return saved


def _saved(path: Path, folder: Path, method: str) -> Saved:
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
    return Saved(
        loader=Loader(kind="onnx", file=path.relative_to(folder).as_posix(), format="onnx", options=options),
        requirements=distributions_of(["onnxruntime", "numpy"]),
        container_hint="tensors",
        feature_names=graph.inputs,
    )


@dataclass
class _Graph:
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    """Names of the files beside the graph that hold weights."""


# Field numbers of onnx.proto, which never change.
_MODEL_GRAPH = 7
_GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 5, 11, 12
_TENSOR_NAME, _TENSOR_EXTERNAL, _VALUE_NAME = 8, 13, 1


def _read_graph(path: Path) -> _Graph:
    graph = _Graph()
    weights: set[str] = set()
    external: dict[str, None] = {}
    try:
        for part in _parts(memoryview(path.read_bytes()), _MODEL_GRAPH):
            for number, value in _fields(part):
                if number == _GRAPH_INPUT:
                    graph.inputs += map(_text, _parts(value, _VALUE_NAME))
                elif number == _GRAPH_OUTPUT:
                    graph.outputs += map(_text, _parts(value, _VALUE_NAME))
                elif number == _GRAPH_INITIALIZER:
                    weights.update(map(_text, _parts(value, _TENSOR_NAME)))
                    for entry in _parts(value, _TENSOR_EXTERNAL):
                        pair = {number: _text(text) for number, text in _fields(entry)}
                        if pair.get(1) == "location":
                            external[pair.get(2, "")] = None
    except (IndexError, ValueError) as error:
        raise InvalidModel(f"{path.name} is no ONNX file: {error}.") from error
    if not graph.outputs:
        raise InvalidModel(f"{path.name} is no ONNX file: it holds no graph.")
    # Old files list their weights among the inputs.
    graph.inputs = [name for name in graph.inputs if name not in weights]
    graph.external = list(external)
    return graph


def _parts(data: memoryview, wanted: int) -> list[memoryview]:
    return [value for number, value in _fields(data) if number == wanted]


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The length-delimited fields of a protobuf message; numbers are skipped."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            _, place = _varint(data, place)
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
