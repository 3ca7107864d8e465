"""Imports of Python code, read from its source or its bytecode without running it."""

import ast
import dis
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

_IMPORTERS = frozenset({"import_module", "__import__"})


@dataclass(kw_only=True)
class Imports:
    """Modules that a piece of code imports, wherever it does so: at the top, in functions, in methods."""

    modules: set[str] = field(default_factory=set)
    """Absolute dotted names; of `from a import b` also `a.b`, which may be a module or an attribute."""
    optional: set[str] = field(default_factory=set)
    """Modules that the code can do without: imported in a `try` that handles their absence."""
    computed_lines: list[int] = field(default_factory=list)
    """Lines with an import of a name that is only known when the code runs."""


def imports_of(tree: ast.AST, package: str = "") -> Imports:
    """Return the imports of a parsed file that lies in `package` (for relative imports; empty: at the root).

    What stands under `if TYPE_CHECKING:` is for type checkers and is never imported."""
    found = Imports()
    _walk(tree, package, found, optional=False)
    return found


def imports_of_code(code: CodeType) -> Iterator[str]:
    """Yield the modules that a function imports when it runs, and those that functions in it import."""
    steps = list(dis.get_instructions(code))
    module = ""
    for step in steps:
        if step.opname == "IMPORT_NAME":
            module = str(step.argval)
            yield module
        elif step.opname == "IMPORT_FROM" and module:
            yield f"{module}.{step.argval}"
    if _IMPORTERS & set(code.co_names):
        yield from (each for each in code.co_consts if isinstance(each, str) and _is_module_name(each))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from imports_of_code(constant)


def _walk(node: ast.AST, package: str, found: Imports, *, optional: bool) -> None:
    if isinstance(node, ast.If) and _is_type_checking(node.test):
        for branch in node.orelse:
            _walk(branch, package, found, optional=optional)
        return
    if isinstance(node, ast.Try) and any(_handles_absence(handler) for handler in node.handlers):
        for attempt in node.body:
            _walk(attempt, package, found, optional=True)
        rest: list[ast.AST] = [*node.handlers, *node.orelse, *node.finalbody]
        for each in rest:
            _walk(each, package, found, optional=optional)
        return
    names: set[str] = set()
    if isinstance(node, ast.Import):
        names = {alias.name for alias in node.names}
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, package)
        names = {base, *(f"{base}.{alias.name}" if base else alias.name for alias in node.names if alias.name != "*")}
    elif isinstance(node, ast.Call) and _name(node.func) in _IMPORTERS and node.args:
        argument = node.args[0]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            names = {argument.value} if _is_module_name(argument.value) else set()
        else:
            found.computed_lines.append(node.lineno)
    names.discard("")
    if optional:
        found.optional |= names - found.modules
    else:
        found.optional -= names
    found.modules |= names
    for child in ast.iter_child_nodes(node):
        _walk(child, package, found, optional=optional)


def _base(node: ast.ImportFrom, package: str) -> str:
    base = node.module or ""
    if not node.level:
        return base
    parts = package.split(".") if package else []
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([base] if base else [])])


def _is_type_checking(test: ast.AST) -> bool:
    return _name(test) == "TYPE_CHECKING"


def _handles_absence(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or _name(kind) in {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
        for kind in kinds
    )


def _name(node: Any) -> str:
    """Return the last part of a name: `TYPE_CHECKING` of `typing.TYPE_CHECKING`."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _is_module_name(text: str) -> bool:
    return bool(text) and all(part.isidentifier() for part in text.split("."))
