"""Outputs that a maker stated: they agree with those that were seen, or the check says where they do not."""

from typing import Any

import pytest

from unshelf.worker.checks.stated_outputs import agreed_outputs
from unshelf.worker.errors import CheckFailed


def columns(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "columns", "columns": list(fields), "container": "dicts"}


def tensors(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "tensors", "tensors": list(fields)}


def field(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


FLAT = tensors(field("output", "float32", shape=[-1]))
WIDE = tensors(field("output", "float32", shape=[-1, 3]))


@pytest.mark.parametrize(
    ("stated", "seen", "agreed"),
    [
        (None, columns(field("a", "int64")), columns(field("a", "int64"))),
        (columns(field("a", "int64")), columns(field("a", "int8")), columns(field("a", "int8"))),
        (columns(field("a", "float64", nullable=True)), columns(field("a", "float64")), columns(field("a", "float64", nullable=True))),
        (columns(field("a", "string")), columns(field("a", "json", nullable=True)), columns(field("a", "string", nullable=True))),
        (columns(field("a", "datetime")), columns(field("a", "string")), columns(field("a", "string"))),
        (columns(field("a", "json")), columns(field("a", "string")), columns(field("a", "string"))),
        (columns(field("output", "float64")), FLAT, FLAT),
        (tensors(field("output", "float32", shape=[-1, -1])), WIDE, WIDE),
    ],
)  # fmt: skip
def test_what_agrees_is_as_it_was_seen_and_what_was_stated_beyond(stated: Any, seen: Any, agreed: Any) -> None:
    assert agreed_outputs(stated, seen) == agreed


@pytest.mark.parametrize(
    ("stated", "seen", "said"),
    [
        (columns(field("a", "int64")), columns(field("b", "int64")), "states the outputs 'a'; the model returns 'b'"),
        (columns(field("a", "int64")), columns(field("a", "float64")), "stated to be of whole numbers; the model returns numbers"),
        (columns(field("a", "string")), columns(field("a", "bool")), "stated to be of texts; the model returns booleans"),
        (tensors(field("a", "float32", shape=[-1, 2])), tensors(field("a", "float32", shape=[-1, 3])), "the shape [-1, 2]"),
        (columns(field("a", "string")), None, "a tuple of several answers"),
    ],
)  # fmt: skip
def test_what_does_not_agree_fails_the_check(stated: Any, seen: Any, said: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        agreed_outputs(stated, seen)
    assert said in caught.value.reason
    assert caught.value.hint
