"""Signatures derived from a model file without an example: a number of inputs, perhaps with names."""

import importlib.util

from ..model import SignatureFields


def numbers(count: int, names: list[str] | None, *, nullable: bool, type: str = "float64") -> SignatureFields:
    """The signature's inputs of a model that takes `count` numbers a row.

    A model that remembers column names was trained on a table, so it is given one where the environment has pandas."""
    container = "pandas" if names is not None and importlib.util.find_spec("pandas") is not None else "numpy"
    columns = []
    for name in names if names is not None else [f"x{index}" for index in range(count)]:
        column = {"name": name, "type": type}
        columns.append({**column, "nullable": True} if nullable else column)
    return {"kind": "columns", "columns": columns, "container": container}


def texts(name: str = "text") -> SignatureFields:
    """The signature's inputs of a model that takes one text a row."""
    return {"kind": "columns", "columns": [{"name": name, "type": "string"}], "container": "values"}
