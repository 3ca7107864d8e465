"""Templates: values are put into places, and nothing of a value is ever reached by its name."""

import pytest

from unshelf.deploy.apps.forms.templates import MOST_NAMES, names_in, parse, render, values_of

HOSTILE = [
    "{prediction.__class__}", "{prediction.__class__.__mro__}", "{prediction[0]}", "{0.__init__.__globals__}",
    "{input.size.__class__}", "{self}", "{prediction!r}", "{__import__('os')}", "{words.format}", "{%s}", "{ }_",
]  # fmt: skip


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{prediction:.0f} €", "1235 €"),
        ("{prediction:,.2f}", "1,234.56"),
        ("{prediction}", "1234.56"),
        ("{prediction:d}", "1235"),
        ("{prediction:.1e}", "1.2e+03"),
        ("{share:.1%}", "25.0%"),
        ("{share:%}", "25%"),
        ("{rooms}, {rooms:,}, {rooms:.1f}", "4000, 4,000, 4000.0"),
        ("{city:.2f} {sold} {none}", "Gent yes –"),
        ("{nan} {inf:.2f}", "– inf"),
        ("{{prediction}}", "{prediction}"),
        ("no place", "no place"),
        ("", ""),
    ],
)
def test_values_are_put_into_places(template: str, expected: str) -> None:
    values = {
        "prediction": 1234.56, "share": 0.25, "rooms": 4000, "city": "Gent", "sold": True, "none": None,
        "nan": float("nan"), "inf": float("inf"),
    }  # fmt: skip
    assert render(template, values) == expected


@pytest.mark.parametrize("template", HOSTILE)
def test_no_name_reaches_into_a_value(template: str) -> None:
    values = {"prediction": "text", "input.size": 3, "words": "low"}
    try:
        said = render(template, values)
    except ValueError:
        return
    assert set(said) <= set("–_ "), said


def test_a_value_is_never_read_as_a_template() -> None:
    assert (
        render("{prediction}", {"prediction": "{words} {prediction:.2f}", "words": "no"}) == "{words} {prediction:.2f}"
    )


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{", "no partner"),
        ("a }", "no partner"),
        ("{}", "no name"),
        ("{a:>30}", "no form"),
        ("{a:.999f}", "no form"),
        ("{a:{b}}", "no"),
    ],
)
def test_what_can_not_be_filled_is_refused_with_its_place(template: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(template)


def test_members_of_an_answer_have_names() -> None:
    answer = {"price": 3.5, "scores": {"cheap": 0.25, "odd.name": 1}, "parts": [1, [2]], "deep": {"a": {"b": {"c": 1}}}}
    assert values_of(answer) == {
        "prediction": 3.5, "price": 3.5, "scores.cheap": 0.25, "scores.odd.name": 1, "parts.0": 1, "parts.1.0": 2,
    }  # fmt: skip
    assert values_of("cheap") == {"prediction": "cheap"}
    assert values_of([0.5, 0.25]) == {"prediction": 0.5, "0": 0.5, "1": 0.25}
    assert values_of({"prediction": 1, "other": 2})["prediction"] == 1
    assert values_of({}) == {}
    assert len(values_of(list(range(10_000)))) <= MOST_NAMES + 1


def test_huge_numbers_and_long_texts_stay_short() -> None:
    assert len(render("{prediction:.2f}", {"prediction": 1e308})) < 320
    assert len(render("{prediction:.2f}", {"prediction": 2**60})) < 40
    assert len(render("{prediction}", {"prediction": "x" * 10_000})) < 510


def test_names_are_read_in_order() -> None:
    assert names_in("{b:.2f} and {a}") == ["b", "a"]
