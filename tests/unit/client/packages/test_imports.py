"""Imports are read from source and bytecode, wherever they stand, without running anything."""

import ast

import pytest

from unshelf.client.packages.imports import imports_of, imports_of_code


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import a.b, c as d", {"a.b", "c"}),
        ("from a.b import c", {"a.b", "a.b.c"}),
        ("def f():\n    import late\nclass C:\n    def m(self):\n        from x import y", {"late", "x", "x.y"}),
        ("if TYPE_CHECKING:\n    import heavy\nelse:\n    import light", {"light"}),
        ("import typing\nif typing.TYPE_CHECKING:\n    import heavy", {"typing"}),
        ("import importlib\nm = importlib.import_module('plug.in')\nn = __import__('other')", {"importlib", "plug.in", "other"}),
        ("from . import near\nfrom ..side import x", {"own.sub", "own.sub.near", "own.side", "own.side.x"}),
        ("from a import *", {"a"}),
    ],
)  # fmt: skip
def test_modules_of_source(source: str, modules: set[str]) -> None:
    assert imports_of(ast.parse(source), "own.sub").modules == modules


def test_what_code_can_do_without_is_told_apart_from_what_it_needs() -> None:
    source = """
try:
    import fast
except ImportError:
    import slow
try:
    import sure
except ValueError:
    pass
try:
    import both
except ModuleNotFoundError:
    both = None
import both
"""
    found = imports_of(ast.parse(source))
    assert found.modules == {"fast", "slow", "sure", "both"}
    assert found.optional == {"fast"}


def test_computed_imports_are_named_by_their_lines() -> None:
    found = imports_of(ast.parse("from importlib import import_module\n\nmodel = import_module('m_' + name)\n"))
    assert found.computed_lines == [3]


def test_modules_of_functions_and_of_functions_in_them() -> None:
    def outer() -> None:
        import json.decoder
        from email import message  # noqa: F401

        def inner() -> None:
            import csv  # noqa: F401

        inner()
        json.decoder.JSONDecoder()

    found = set(imports_of_code(outer.__code__))
    assert {"json.decoder", "email", "email.message", "csv"} <= found
