"""One voice of messages: what a person reads as `detail` or `hint` is a sentence, with a capital and a full stop."""

import ast
import re
from collections.abc import Iterator

from checks.source import Finding, Module

_KEYWORDS = ("detail", "hint")
_ERRORS = "contracts/errors.py"
_NO_SENTENCES = frozenset({"DeployEvent", "Progress", "MachineCheck"})
"""Their details are facts behind a name: of a deploy's step, of a part of the machine."""
_DETAIL_AT = {"ProblemError": 1}
"""Where the detail stands among the arguments of errors that take a code first."""
_PATH = re.compile(r"[a-z]+/")
_ENDS = (".", "?", "!", ":")
"""A colon: what follows is a list or a command."""


def check_messages(modules: list[Module]) -> list[Finding]:
    """Find texts of errors that are no sentences, as far as they stand in the source: the start and the end of each."""
    errors = _error_classes(modules)
    findings: dict[str, Finding] = {}
    for module in modules:
        for text in _messages(module, errors):
            for fault in _faults(text):
                subject = f"{module.path}::{module.place_of(text.lineno)}"
                message = f"line {text.lineno}: a detail or hint {fault}"
                finding = Finding("sentence", subject, message)
                findings.setdefault(finding.key, finding)
    return list(findings.values())


def _error_classes(modules: list[Module]) -> frozenset[str]:
    """The classes whose first argument is the detail."""
    return frozenset(
        name
        for module in modules
        if module.path == _ERRORS
        for name, node in module.definitions
        if isinstance(node, ast.ClassDef)
    )


def _messages(module: Module, errors: frozenset[str]) -> Iterator[ast.expr]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in _NO_SENTENCES:
            continue
        yield from (keyword.value for keyword in node.keywords if keyword.arg in _KEYWORDS)
        place = _DETAIL_AT.get(name, 0 if name in errors else len(node.args))
        yield from node.args[place : place + 1]


def _faults(text: ast.expr) -> Iterator[str]:
    first, last = _edge(text, 0), _edge(text, -1)
    if first is not None and first[:1].islower() and not _PATH.match(first):
        yield "starts in lower case"
    if last is not None and last.strip() and not last.rstrip("`\"') ").endswith(_ENDS) and not last.endswith("`"):
        yield "has no full stop"


def _edge(text: ast.expr, place: int) -> str | None:
    """The literal that a text starts (0) or ends (-1) with; None: it is not written there."""
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        return text.value
    if isinstance(text, ast.JoinedStr) and text.values:
        return _edge(text.values[place], place)
    if isinstance(text, ast.BinOp) and isinstance(text.op, ast.Add):
        return _edge(text.left if place == 0 else text.right, place)
    return None
