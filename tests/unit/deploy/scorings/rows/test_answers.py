"""Answers are a stranger's: each row has one, or none of them is believed."""

import json
from typing import Any

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.deploy.scorings.rows.answers import read_answers


def lines(rows: list[list[int]], body: Any, status: int = 200) -> bytes:
    head = {"rows": rows, "status": status, "code": "" if status == 200 else "model_error", "us": 5, "at": 7}
    return f"{json.dumps(head)}\n{json.dumps(body)}\n".encode()


def test_answers_have_their_rows_outputs_and_problems() -> None:
    good, bad = read_answers(lines([[0, 1], [2, 3]], [1, 2]) + lines([[1, 2]], {"code": "model_error"}, 500), 3)
    assert (good.places, good.outputs, good.body) == ([0, 2], [1, 2], b"[1, 2]")
    assert (bad.places, bad.outputs, bad.problem) == ([1], [], {"code": "model_error"})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json\n[]\n",
        lines([[0, 2]], [1]),
        lines([[0, 1]], [1]),
        lines([[0, 2]], [1, 2]) + lines([[1, 2]], [1]),
        lines([[0, 3]], [1, 2, 3]),
        lines([[0, 2]], {"outputs": 1}),
        lines([[0, 2]], [1, 2], status=500),
        lines([[0, 1 << 40]], []),
        lines([[-1, 1]], [1, 2]),
        lines([], []) + lines([[0, 2]], [1, 2]),
        b'{"rows":[[0,2]]}\n[1,2]\n',
    ],
)
def test_whatever_does_not_have_each_row_once_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="can't be used"):
        read_answers(content, 2)
