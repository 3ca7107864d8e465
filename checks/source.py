"""The Python modules of a source tree, parsed once for all rules."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Finding:
    """A place that breaks a rule. `subject` names it without line numbers, so that a baseline entry outlives other edits."""

    rule: str
    subject: str
    message: str

    @property
    def key(self) -> str:
        return f"{self.rule} {self.subject}"


@dataclass(frozen=True)
class Module:
    """A module of the tree: its path from the tree's root, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def definitions(self) -> list[tuple[str, Definition]]:
        """Classes and functions at any depth, with their dotted names."""
        return list(_definitions(self.tree, ""))

    def place_of(self, line: int) -> str:
        """Return the dotted name of the innermost definition that holds a line; empty at module level."""
        holding = [
            (node.lineno, name) for name, node in self.definitions if node.lineno <= line <= (node.end_lineno or line)
        ]
        return max(holding, default=(0, ""))[1]


def read_modules(root: Path) -> list[Module]:
    """Read every module below `root`, in the order of their paths."""
    paths = sorted(path for path in root.rglob("*.py"))
    return [Module(path.relative_to(root).as_posix(), path.read_text("utf-8")) for path in paths]


def _definitions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Definition]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            name = f"{prefix}{child.name}"
            yield name, child
            yield from _definitions(child, f"{name}.")
        else:
            yield from _definitions(child, prefix)
