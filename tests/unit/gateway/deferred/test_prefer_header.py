"""The Prefer header: what asks for a later answer, and that nothing that is sent in it can do harm."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unshelf.gateway.deferred.prefer_header import LONGEST_WAIT, RespondAsync, respond_async


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (["respond-async"], 0),
        (["Respond-Async"], 0),
        (["respond-async, wait=10"], 10),
        (["wait=10 , respond-async"], 10),
        (["respond-async", "wait=3"], 3),
        (['respond-async; foo="a,b"; bar, wait = "7"'], 7),
        (["respond-async, wait=5, wait=9"], 5),
        (["handling=lenient, respond-async, return=minimal"], 0),
        (["respond-async, wait=never"], 0),
        (["respond-async, wait=-1"], 0),
        (["respond-async, wait=99999999"], LONGEST_WAIT),
        (["respond-async=true"], 0),
        ([",, respond-async ,"], 0),
    ],
)
def test_what_asks_for_a_later_answer(headers: list[str], wait: float) -> None:
    assert respond_async(", ".join(headers)) == RespondAsync(wait)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [""],
        ["wait=10"],
        ["respond-asynchronously"],
        ['foo="respond-async"'],
        ["foo; respond-async"],
        ['"respond-async"'],
    ],
)
def test_what_does_not(headers: list[str]) -> None:
    assert respond_async(", ".join(headers)) is None


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=255)), max_size=4))
@example(['respond-async, "' * 200])
@example(["=" * 5000, ";" * 5000, '"\\' * 2000])
def test_whatever_is_sent_is_read_or_passed_over(headers: list[str]) -> None:
    found = respond_async(", ".join(headers))
    assert found is None or 0 <= found.wait <= LONGEST_WAIT
    assert respond_async(", ".join(["respond-async", *headers])) is not None


@given(st.integers(0, 10**12), st.booleans())
def test_a_wait_is_whole_seconds_quoted_or_not(seconds: int, quoted: bool) -> None:
    value = f'"{seconds}"' if quoted else str(seconds)
    found = respond_async(f"respond-async, wait={value}")
    assert found is not None
    assert found.wait in (min(seconds, LONGEST_WAIT), 0.0)
