"""Words of texts and queries, and snippets."""

from datetime import UTC, datetime

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.manage.search.words import Word, query_of, snippet_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Credit-Risk_v2", ["credit", "risk", "v2"]), ("naïve CAFÉ", ["naive", "cafe"]), ("Straße", ["strasse"]), ("", []),
        ("'\"&|!:*", []),
        ("x" * 300, ["x" * 100]), ("ﬁle", ["file"]), ("日本語", ["日本語"]),
    ],
)  # fmt: skip
def test_words_are_small_and_plain(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_query_is_words_and_filters() -> None:
    query = query_of("drift kind:model tag:a tag:b after:2026-01-01 credit-ri")
    assert [(word.text, word.is_prefix) for word in query.words] == [("drift", False), ("credit", False), ("ri", True)]
    assert (query.filters, query.after) == ({"kind": ["model"], "tag": ["a", "b"]}, datetime(2026, 1, 1, tzinfo=UTC))
    assert [word.is_prefix for word in query_of("abc ").words] == [False]
    assert query_of("").words == []


@pytest.mark.parametrize("text", ["kind:", "after:soon", "before:2026-13-01", " ".join(f"w{n}" for n in range(21))])
def test_a_query_that_can_not_be_read_is_told(text: str) -> None:
    with pytest.raises(InvalidInput):
        query_of(text)


def test_a_snippet_shows_the_first_hit_on_one_line() -> None:
    text = "intro " * 60 + "the\n<b>Crédit</b> risk " + "outro " * 60
    snippet = snippet_of(text, [Word(text="credit", is_prefix=False)])
    assert "<b>Crédit</b> risk" in snippet
    assert snippet.startswith("… ")
    assert snippet.endswith(" …")
    assert len(snippet) < 200
    assert snippet_of("short text", [Word(text="none", is_prefix=True)]) == "short text"
    assert snippet_of("", []) == ""
