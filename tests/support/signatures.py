"""Signatures as a worker reads them."""

from typing import Any


def columns(container: str, **types: str) -> dict[str, Any]:
    """A signature: `columns("numpy", a="float64", b="int64?")`, where `?` marks a nullable column."""
    fields = [
        {"name": name, "type": kind.rstrip("?"), **({"nullable": True} if kind.endswith("?") else {})}
        for name, kind in types.items()
    ]
    return {"kind": "columns", "columns": fields, "container": container}


def tensors(*shapes: list[int], type: str = "float32") -> dict[str, Any]:
    fields = [{"name": f"t{number}", "type": type, "shape": shape} for number, shape in enumerate(shapes)]
    return {"kind": "tensors", "tensors": fields}
