"""The demo's programs are Python, and lie alone in their folder."""

import ast

import pytest

from unshelf.cli.demo.full.work.programs import FAILING, PIPELINE, TRAIN, written


@pytest.mark.parametrize("text", [TRAIN, FAILING, PIPELINE])
def test_each_program_can_be_read(text: str) -> None:
    assert ast.get_docstring(ast.parse(text))


def test_a_program_lies_alone_and_goes() -> None:
    with written("a.py", "x = 1\n") as path:
        assert path.read_text() == "x = 1\n" and [each.name for each in path.parent.iterdir()] == ["a.py"]
    assert not path.exists()
