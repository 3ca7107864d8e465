"""Docstrings under the fields of classes, which describe them in the OpenAPI document.

They are read when a document is made: pydantic would read them as each class is made, a third of the time in which control starts."""

import ast
import functools
import inspect
import sys
from collections.abc import Iterable, Iterator
from typing import Any


def descriptions_of(described: type) -> dict[str, str]:
    """Return the docstring under each field of a class, of those that have one."""
    body = _classes_of(described.__module__).get(described.__qualname__.rpartition(".")[2])
    found: dict[str, str] = {}
    field = ""
    for node in [] if body is None else body.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            field = node.target.id
        elif field and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found[field] = inspect.cleandoc(str(node.value.value))
            field = ""
        else:
            field = ""
    return found


def describe_fields(schemas: dict[str, Any], bases: Iterable[type]) -> None:
    """Add the docstrings of fields to the schemas of all classes under `bases`, where nothing else describes a field."""
    for base in bases:
        for model in _under(base):
            properties = schemas.get(model.__name__, {}).get("properties")
            if not properties:
                continue
            for owner in reversed(inspect.getmro(model)):
                own = descriptions_of(owner) if issubclass(owner, base) else {}
                for name, text in own.items():
                    if name in properties:
                        properties[name].setdefault("description", text)


def _under(base: type[Any]) -> Iterator[type[Any]]:
    for each in base.__subclasses__():
        yield each
        yield from _under(each)


@functools.cache
def _classes_of(module: str) -> dict[str, ast.ClassDef]:
    """Return the classes of a module by name."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
