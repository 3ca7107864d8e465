"""References: what names a model, a version, an alias, and what is refused with the rule it breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unshelf.contracts.references import InvalidReference, Reference, is_name, parse_reference


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("iris", Reference("iris")),
        ("credit-risk:3", Reference("credit-risk", version=3)),
        ("a.b_c@champion", Reference("a.b_c", alias="champion")),
        ("m@1.4", Reference("m", alias="1.4")),
        ("0", Reference("0")),
    ],
)
def test_a_reference_is_read_and_written_back(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference
    assert str(reference) == text


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a..b", "-a", "a-", "a.", "A", "a b", "a/b", "a\\b", "a:0", "a:-1", "a:01", "a:1:2", "a:x", "a@", "a@b@c", "a@b:1",
     "ü", "a\n", "a" * 65, "a:" + "9" * 10, "a:１"],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused_and_told(text: str) -> None:
    with pytest.raises(InvalidReference) as raised:
        parse_reference(text)
    assert len(str(raised.value)) < 300


@given(st.text(max_size=80))
def test_any_text_is_either_read_back_the_same_or_refused(text: str) -> None:
    try:
        reference = parse_reference(text)
    except InvalidReference:
        return
    assert str(reference) == text
    assert is_name(reference.name)
    assert "/" not in text
    assert ".." not in reference.name
