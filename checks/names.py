"""One word for one thing: a public class name stands for one class, and every logger is named `logger`."""

import ast
from collections import defaultdict

from checks.source import Finding, Module


def check_class_names(modules: list[Module]) -> list[Finding]:
    """Find public class names that two modules define."""
    places: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module.path)
    return [
        Finding("class-name", name, f"one name for {len(found)} classes: {', '.join(found)}")
        for name, found in sorted(places.items())
        if len(found) > 1
    ]


def check_loggers(modules: list[Module]) -> list[Finding]:
    """Find loggers with another name than `logger`."""
    findings: list[Finding] = []
    for module in modules:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            called = ast.unparse(node.value.func)
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if called in ("logging.getLogger", "getLogger") and names and names != ["logger"]:
                findings.append(Finding("logger", f"{module.path}::{names[0]}", "a logger is named `logger`"))
    return findings
