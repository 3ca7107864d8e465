"""Bodies in, bodies out: the native protocol, MLflow's in JSON and CSV, Open Inference V2 with and without binary data."""

from typing import Any

import pytest

from tests.support.protocols import MATRIX, answer, engine_of, refused
from unshelf.contracts.protocols.frames import NATIVE


class TestNative:
    ENGINE = engine_of(MATRIX, lambda rows: rows.sum(axis=1))

    def test_rows_in_and_answers_out(self) -> None:
        assert answer(self.ENGINE, NATIVE, {"inputs": [[1, 2], [3, 4]]}) == [3.0, 7.0]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b'{"inputs": [[NaN, 1]]}', 400), (b'{"inputs": [[-Infinity, 1]]}', 400),
            (b'{"inputs": [], "inputs": [[1, 2]]}', 400), (b"[" * 100_000, 400), (b'{"inputs": [[1, ' + b"9" * 5000 + b"]]}", 422),
            (b"\xef\xbb\xbf{}", 422), (b"[]", 422), (b"5", 422), (b"{}", 422), (b'{"inputs": [[1, 2]], "more": 1}', 422),
            (b'{"inputs": [[1, 1e999]]}', 422), (b'{"inputs": [[1, ' + b"9" * 1000 + b"]]}", 422), (b'{"inputs": [[[1], [2]]]}', 422),
        ],
    )  # fmt: skip
    def test_bad_bodies(self, body: bytes, status: int) -> None:
        assert refused(self.ENGINE, NATIVE, body).status == status

    def test_bytes_are_told_apart_from_texts(self) -> None:
        columns = [{"name": "photo", "type": "bytes"}, {"name": "label", "type": "string"}]
        engine = engine_of(
            {"kind": "columns", "container": "lists", "columns": columns}, lambda rows: [len(row[0]) for row in rows]
        )
        body = {"inputs": [["AAEC", "YQ=="]]}
        for marks in ([], ["photo"], [0], ["gone"], [7]):
            assert answer(engine, NATIVE, {**body, "base64": marks}) == [3]
        for marks in (["label"], [1], ["photo", "label"]):
            found = refused(engine, NATIVE, {**body, "base64": marks})
            assert (found.status, found.errors) == (
                422, [{"row": None, "column": "label", "expected": "string", "got": "bytes"}],
            )  # fmt: skip
        for marks in ("photo", [None], {"photo": 1}, [[0]]):
            assert refused(engine, NATIVE, {**body, "base64": marks}).status == 422

    def test_a_deep_body_is_refused_even_when_the_model_raised_the_limit(self, monkeypatch: Any) -> None:
        import sys

        before = sys.getrecursionlimit()
        sys.setrecursionlimit(1_000_000)
        try:
            assert refused(self.ENGINE, NATIVE, b'{"inputs": ' + b"[" * 500_000).status == 400
            assert sys.getrecursionlimit() == 1_000_000
        finally:
            sys.setrecursionlimit(before)
