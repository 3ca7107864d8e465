"""Records as they are shown: JSON where bodies are JSON, text otherwise."""

import struct
from typing import Any

import pytest

from tests.support.segments import record
from unshelf.records.views import shown


@pytest.mark.parametrize(
    ("body", "header", "seen"),
    [
        (b'{"inputs": [1]}', 0, {"inputs": [1]}),
        (b'{"inputs": [1', 0, '{"inputs": [1'),
        (b'{"inputs": [NaN]}', 0, '{"inputs": [NaN]}'),
        (b"a,b\n1,2\n", 0, "a,b\n1,2\n"),
        (b"\xff\xfe", 0, "\ufffd\ufffd"),
        (b"", 0, ""),
        (b"[" * 100_000, 0, "[" * 100_000),
        (b'"\\ud800"', 0, '"\\ud800"'),
        (b'{"inputs": []}\x00\x01\x02', 14, {"json": {"inputs": []}, "binary_bytes": 3}),
    ],
)
def test_bodies_are_json_where_they_are_and_text_otherwise(body: bytes, header: int, seen: Any) -> None:
    fields = shown(record(1, input=body, input_header=header))
    assert fields["input"] == seen


def test_scores_are_shown_where_there_are_some() -> None:
    fields = shown(record(1, scores=struct.pack("<I2f", 2, 0.1, 0.9)))
    assert fields["scores"] == [[0.1, 0.9]]
    assert "scores" not in shown(record(1))


def test_arrow_streams_are_counted() -> None:
    whole = shown(record(1, protocol="arrow", input=b"stream", output=b"answer", output_header=1))
    assert (whole["input"], whole["output"]) == ({"arrow_bytes": 6}, {"arrow_bytes": 6})
    part = shown(record(1, protocol="arrow", input=b"str", input_size=6, input_sha256="ab", input_header=1))
    assert (part["input"], part["output"]) == ({"arrow_bytes": 6, "sha256": "ab"}, [0])
