"""The text index of each database is chosen by its dialect, and words can't leave their quotes."""

from unshelf.manage.search.text_index import PostgresqlTextIndex, SqliteTextIndex, text_index_of
from unshelf.manage.search.words import query_of


def test_each_database_has_its_text_index() -> None:
    assert isinstance(text_index_of("sqlite"), SqliteTextIndex)
    assert isinstance(text_index_of("postgresql"), PostgresqlTextIndex)


def test_words_can_not_leave_their_quotes() -> None:
    words = query_of('a\'b "c" d\\e f:g*').words
    assert all(word.text.isalnum() for word in words)
    condition = text_index_of("sqlite").matching(words).condition
    assert condition.compile().params.popitem()[1] == '"a" "b" "c" "d" "e" "f" "g"*'
