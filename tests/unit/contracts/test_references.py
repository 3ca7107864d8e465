"""References: what names a model, a version, an alias, and what is refused with the rule it breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unshelf.contracts.references import (
    DataReference,
    InvalidReference,
    Reference,
    is_name,
    parse_data_reference,
    parse_reference,
)


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


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("data://orders", DataReference("orders")),
        ("data://orders@12", DataReference("orders", version=12)),
        ("data://warehouse/public.orders", DataReference("warehouse", path="public.orders")),
        ("data://lake/2024/", DataReference("lake", path="2024/")),
        ("data://lake/a b/ü.csv", DataReference("lake", path="a b/ü.csv")),
    ],
)
def test_a_reference_to_data_is_read_and_written_back(text: str, reference: DataReference) -> None:
    assert parse_data_reference(text) == reference
    assert str(reference) == text


@pytest.mark.parametrize(
    "text",
    ["orders", "data:/orders", "data://", "data://Orders", "data://orders@", "data://orders@0", "data://orders@latest", "data://lake/",
     "data://lake/../etc", "data://lake//etc", "data://lake/./a", "data://lake/a\\b", "data://lake/a\n", "data://orders@1/a",
     "data://lake/" + "a" * 1025],
)  # fmt: skip
def test_what_names_no_data_is_refused_and_told(text: str) -> None:
    with pytest.raises(InvalidReference) as raised:
        parse_data_reference(text)
    assert len(str(raised.value)) < 300
