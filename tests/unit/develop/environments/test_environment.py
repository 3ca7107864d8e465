"""Deprecations: kept with a row, and said in a sentence."""

from datetime import UTC, datetime

import pytest

from unshelf.develop.environments.environment import Deprecation

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_deprecation_is_kept_as_it_was_given() -> None:
    given = Deprecation(note="It leaks.", successor="base:4", at=AT, by="ada")
    assert Deprecation.read(given.stored()) == given
    assert Deprecation.read(None) is None


@pytest.mark.parametrize(
    ("note", "successor", "sentence"),
    [
        ("It leaks.", "base:4", "The environment base:3 is deprecated: It leaks. Use base:4 instead."),
        ("It leaks", "", "The environment base:3 is deprecated: It leaks."),
        ("", "", "The environment base:3 is deprecated."),
    ],
)
def test_the_warning_says_why_and_what_to_use(note: str, successor: str, sentence: str) -> None:
    assert Deprecation(note=note, successor=successor, at=AT, by="ada").sentence("base:3") == sentence
