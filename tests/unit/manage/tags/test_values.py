"""Names of tags and properties, and values of each type."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.manage.tags.values import Condition, PropertyType, PropertyValue, as_text, check_name, condition_of, typed


@pytest.mark.parametrize(
    ("value", "wanted", "kind"),
    [
        ("retail", None, "text"), (3, None, "number"), (0.5, None, "number"), (True, None, "boolean"), ("2026-01-31", "date", "date"),
        ("https://wiki.example/x?y=1#z", "link", "link"), ("http://host:8080", "link", "link"), ("2026-01-31", None, "text"),
    ],
)  # fmt: skip
def test_a_value_keeps_its_type(value: PropertyValue, wanted: PropertyType | None, kind: str) -> None:
    assert typed(value, wanted) == (kind, value)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("3", "number"), (True, "number"), (float("nan"), "number"), (1, "boolean"), ("true", "boolean"), (3, "text"), ("", "text"),
        ("  ", None), ("x" * 2001, None), ("2026-02-30", "date"), ("20260131", "date"), ("2026-W05-6", "date"), (20260131, "date"),
        ("javascript:alert(1)", "link"), ("https://", "link"), ("ftp://host/x", "link"), ("https://a b", "link"), ("wiki", "link"),
        ("https://[x", "link"), ("data:text/html,x", "link"), ("https://host/\n", "link"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(value: PropertyValue, wanted: PropertyType | None) -> None:
    with pytest.raises(InvalidInput):
        typed(value, wanted)


def test_filters_compare_plain_text() -> None:
    assert [as_text(each) for each in (True, False, 3, 3.0, 0.25, "x")] == ["true", "false", "3", "3", "0.25", "x"]


def test_a_filter_names_a_property_and_perhaps_its_value() -> None:
    assert condition_of("cost") == Condition(name="cost", value=None)
    assert condition_of("cost=") == Condition(name="cost", value="")
    assert condition_of("cost=a=b") == Condition(name="cost", value="a=b")
    with pytest.raises(InvalidInput):
        condition_of("=x")


@pytest.mark.parametrize("name", ["", "Gold", "a b", "a/b", "a:b", "-a", "x" * 65, "größe"])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(InvalidInput):
        check_name("tag", name)
