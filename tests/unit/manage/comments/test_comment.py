"""Mentions in texts, and texts that can be no comment."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.manage.comments.comment import MOST_MENTIONS, check_text, mentioned_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ana look", ["ana"]), ("(@ana, @ben.b) @ana", ["ana", "ben.b"]), ("ask @Ana.", ["ana"]), ("mail ana@x.org", []),
        ("iris@champion", []), ("@", []), ("a/@b", []), ("@-x", []), ("**@ana**", ["ana"]), ("@ana\n@ben", ["ana", "ben"]),
    ],
)  # fmt: skip
def test_a_mention_is_a_name_after_an_at_sign(text: str, names: list[str]) -> None:
    assert mentioned_names(text) == names


def test_a_text_mentions_so_many_at_most() -> None:
    assert len(mentioned_names(" ".join(f"@u{number}" for number in range(500)))) == MOST_MENTIONS


@pytest.mark.parametrize("text", ["", " \n", "x" * 20_001])
def test_a_text_that_can_be_no_comment(text: str) -> None:
    with pytest.raises(InvalidInput):
        check_text(text)
