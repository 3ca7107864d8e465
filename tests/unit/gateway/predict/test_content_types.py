"""Content types: what is read of them, what is not, and who wants events."""

import time

import pytest

from unshelf.contracts.protocols import frames
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.content_types import MLFLOW, NATIVE, V2, frame_kind, wants_arrow, wants_events

LONGEST = 65_000
"""Characters of a header, as far as a request's head may be as large as that."""


def test_who_wants_events() -> None:
    assert wants_events("text/event-stream")
    assert wants_events("application/json, Text/Event-Stream;q=0.9")
    assert not wants_events("*/*")
    assert not wants_events(None)


@pytest.mark.parametrize(
    "content_type",
    [
        "", "application/json", "Application/JSON; Charset=UTF-8", 'application/json; charset="utf-8"', "application/json;;charset=utf8;",
        'application/json; note="; charset=latin-1"; charset=utf-8', "application/problem+json",
        'application/json; charset="ut\\f-8"', "application/json" + ";" * 240,
    ],
)  # fmt: skip
def test_json_is_read_as_its_media_type_and_charset_tell(content_type: str) -> None:
    assert frame_kind(NATIVE, content_type, binary=False) == frames.NATIVE


@pytest.mark.parametrize(
    ("content_type", "told"),
    [
        ("application/json; charset=latin-1", "charset 'latin-1'"), ('application/json; charset="UTF-16"', "charset 'utf-16'"),
        ("text/plain", "'text/plain'"), ("application/json" + " " * 300, "at most 256"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("protocol", [NATIVE, MLFLOW, V2])
def test_what_is_not_taken_is_named(protocol: str, content_type: str, told: str) -> None:
    with pytest.raises(ProblemError, match=told) as refused:
        frame_kind(protocol, content_type, binary=False)
    assert refused.value.code == "unsupported_media_type"


@pytest.mark.parametrize("begin", ["application/json", 'application/json;a="', "application/vnd.apache.arrow.stream"])
@pytest.mark.parametrize("unit", [";", '"', "\\", ",", "a=b;", 'a="\\";', " ", "="])
def test_no_header_of_a_stranger_holds_the_loop(begin: str, unit: str) -> None:
    header = begin + unit * (LONGEST // len(unit))

    began = time.process_time()
    with pytest.raises(ProblemError):
        frame_kind(NATIVE, header, binary=False)
    wants_arrow(header)
    wants_events(header)

    assert time.process_time() - began < 0.05


def test_who_sends_csv_to_the_native_route_is_told_where_it_is_taken() -> None:
    with pytest.raises(ProblemError) as refused:
        frame_kind(NATIVE, "text/csv; charset=utf-8", binary=False)
    assert "/models/NAME/invocations" in refused.value.hint
    with pytest.raises(ProblemError) as refused:
        frame_kind(NATIVE, "text/plain", binary=False)
    assert "CSV" not in refused.value.hint
