"""Warnings are noted once, with the stage they came in, and shown all the same."""

import warnings
from collections.abc import Iterator

import pytest

from unshelf.worker.checks.seen_warnings import SeenWarnings


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    found: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", lambda message, *_: found.append(str(message)))
        yield found


def test_each_warning_is_noted_once_with_its_stage_and_still_shown(shown: list[str]) -> None:
    seen = SeenWarnings()
    seen.begin("while loading the model")
    for _ in range(2):
        warnings.warn("made with\n  another version", UserWarning, stacklevel=1)
    seen.begin("while predicting the example")
    warnings.warn("divided by zero", RuntimeWarning, stacklevel=1)
    warnings.warn("invalid escape", SyntaxWarning, stacklevel=1)
    seen.end()
    warnings.warn("later", UserWarning, stacklevel=1)
    assert seen.texts == [
        "while loading the model: UserWarning: made with another version",
        "while predicting the example: RuntimeWarning: divided by zero",
    ]
    assert len(shown) == 5


def test_what_a_library_hides_stays_hidden(shown: list[str]) -> None:
    seen = SeenWarnings()
    seen.begin("while loading the model")
    with warnings.catch_warnings(record=True):
        warnings.warn("handled", UserWarning, stacklevel=1)
    seen.end()
    assert (seen.texts, shown) == ([], [])


@pytest.mark.usefixtures("shown")
def test_a_flood_is_cut() -> None:
    seen = SeenWarnings()
    seen.begin("s")
    for number in range(100):
        warnings.warn(f"{number}" + "x" * 1000, UserWarning, stacklevel=1)
    seen.end()
    assert len(seen.texts) == 20
    assert max(map(len, seen.texts)) == 400
