"""Plain English: a docstring starts with a verb or a noun, and a few phrases that readers stumble over stand nowhere."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from checks.source import Definition, Finding, Module

FIRST_WORDS = frozenset(
    {
        "They", "These", "Those", "Them", "It", "Its", "Of", "Who", "Whoever", "Whose", "That", "What", "This", "He",
        "She", "We", "You", "There", "Nobody", "Nothing", "Somebody",
    }
)  # fmt: skip
"""Words that no docstring starts with: pronouns and clauses that hang in the air."""
PHRASES = ("so many", "told", "whoever", "it is whole", "by itself")
"""Phrases that stand in no docstring, comment or message."""
_PHRASE = re.compile(rf"\b(?:{'|'.join(PHRASES)})\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z']+")


def check_english(modules: list[Module]) -> list[Finding]:
    """Find docstrings that start with a wrong word, and texts with a wrong phrase."""
    findings: dict[str, Finding] = {}
    for module in modules:
        for place, docstring in _docstrings(module):
            first = _WORD.match(docstring)
            if first and first[0] in FIRST_WORDS:
                subject = f"{module.path}::{place}"
                _add(findings, Finding("first-word", subject, f"a docstring starts with “{first[0]}”"))
        for line, text in _texts(module):
            for phrase in _PHRASE.findall(text):
                subject = f"{module.path}::{module.place_of(line)} {phrase.lower()}"
                _add(findings, Finding("phrase", subject, f"“{phrase}” in line {line}"))
    return list(findings.values())


def _add(findings: dict[str, Finding], finding: Finding) -> None:
    findings.setdefault(finding.key, finding)


def _docstrings(module: Module) -> Iterator[tuple[str, str]]:
    """Yield the docstrings of the module, its definitions and its attributes, each with the place it stands at."""
    nodes: list[tuple[str, ast.Module | Definition]] = [("", module.tree), *module.definitions]
    for name, node in nodes:
        docstring = ast.get_docstring(node)
        if docstring:
            yield name, docstring
        for before, after in zip(node.body, node.body[1:], strict=False):
            if isinstance(before, ast.Assign | ast.AnnAssign) and _is_text(after):
                target = before.target if isinstance(before, ast.AnnAssign) else before.targets[0]
                yield f"{name}.{ast.unparse(target)}".lstrip("."), after.value.value.strip()  # type: ignore[attr-defined]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _texts(module: Module) -> Iterator[tuple[int, str]]:
    """Yield every comment and every string of the module, with its line. Names of the code are no texts."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
