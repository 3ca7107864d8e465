"""Every part of the list is there, and is filled in its order."""

from io import StringIO

import pytest
from rich.console import Console

from unshelf.cli.demo.full import filling
from unshelf.cli.demo.full.parts import PARTS
from unshelf.cli.lazy import load
from unshelf.client.client import Client


def test_each_part_is_a_function() -> None:
    assert all(callable(load(where)) for where in PARTS.values())


def test_parts_are_filled_in_order_and_say_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    filled: list[str] = []

    def find(where: str) -> object:
        return lambda _stage: filled.append(where) or f"{where} is there"

    monkeypatch.setattr(filling, "load", find)
    out = StringIO()
    with Client("http://127.0.0.1:1", "t") as client:
        parts = filling.fill_platform(client, Console(file=out))
    assert filled == list(PARTS.values())
    assert [each["part"] for each in parts] == list(PARTS)
    assert f"1/{len(PARTS)} people: " in out.getvalue()
