"""Limits on folders, files and functions: what outgrows them wants to be two ideas."""

import ast
from collections import Counter
from pathlib import PurePosixPath

from checks.source import Finding, Module

MAX_FILES = 15
"""Python files of a folder, without `__init__`."""
MAX_LINES = 400
"""Lines of a file."""
MAX_FUNCTION_LINES = 60
"""Lines of a function, its docstring included."""


def check_sizes(modules: list[Module]) -> list[Finding]:
    """Find folders, files and functions over the limits. Migrations grow by one file each and are not counted."""
    findings: list[Finding] = []
    files = Counter(
        str(PurePosixPath(module.path).parent)
        for module in modules
        if not module.path.endswith("__init__.py") and "/migrations/versions/" not in module.path
    )
    for folder, count in files.items():
        if count > MAX_FILES:
            findings.append(Finding("folder", folder, f"{count} Python files in one folder; at most {MAX_FILES}"))
    for module in modules:
        lines = module.text.count("\n")
        if lines > MAX_LINES:
            findings.append(Finding("file", module.path, f"{lines} lines; at most {MAX_LINES}"))
        for name, node in module.definitions:
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if not isinstance(node, ast.ClassDef) and length > MAX_FUNCTION_LINES:
                message = f"{length} lines; at most {MAX_FUNCTION_LINES}"
                findings.append(Finding("function", f"{module.path}::{name}", message))
    return findings
