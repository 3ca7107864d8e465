"""Labels as they are sent: what is refused, what is warned of, and which values are the same."""

from datetime import UTC, datetime

import pytest

from unshelf.records.labels.label import (
    LabelRule,
    LabelSent,
    canonical,
    class_name,
    day_told_by,
    faults_of,
    is_same_class,
    warnings_of,
)

NUMBERS = LabelRule(kind="number")
CLASSES = LabelRule(kind="class", classes=("no", "yes"))


def sent(**facts: object) -> LabelSent:
    return LabelSent(**({"prediction_id": "p", "value": 1} | facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "column", "expected"),
    [
        ({"prediction_id": None}, "prediction_id", "either the id of a prediction or a key"),
        ({"key": "k"}, "prediction_id", "either the id of a prediction or a key"),
        ({"prediction_id": ""}, "prediction_id", "1 to 200 characters"),
        ({"prediction_id": None, "key": "k" * 201}, "key", "1 to 200 characters"),
        ({"prediction_id": None, "key": "k", "row": 1}, "row", "no row beside a key: the key names the row"),
        ({"row": -1}, "row", "a row from 0 to 10000000"),
        ({"value": None}, "value", "a text, a number, true or false"),
        ({"value": [1]}, "value", "a text, a number, true or false"),
        ({"value": "x" * 1001}, "value", "at most 1000 characters"),
    ],
)
def test_what_is_wrong_is_said_by_row_and_column(facts: dict[str, object], column: str, expected: str) -> None:
    (fault,) = faults_of([sent(), sent(**facts)], LabelRule())
    assert (fault.row, fault.column, fault.expected) == (1, column, expected)


@pytest.mark.parametrize("value", ["1.5", True])
def test_a_quantity_takes_numbers_alone(value: object) -> None:
    assert [each.got for each in faults_of([sent(value=value)], NUMBERS)] == [repr(value)]
    assert faults_of([sent(value=1.5), sent(value=2)], NUMBERS) == []


def test_a_class_that_is_a_number_takes_no_other_text() -> None:
    rule = LabelRule(kind="class", is_numeric=True)
    assert faults_of([sent(value="1"), sent(value=0), sent(value=True)], rule) == []
    assert len(faults_of([sent(value="setosa")], rule)) == 1


def test_a_class_that_is_not_known_is_warned_of() -> None:
    assert warnings_of([sent(value="yes")], CLASSES) == []
    (warning,) = warnings_of([sent(value="yes"), sent(value="maybe"), sent(value="maybe")], CLASSES)
    assert "2 of the labels name a class that the model can't answer with: 'maybe'. Its classes are no, yes." in warning
    assert warnings_of([sent(value="maybe")], LabelRule(kind="class")) == []


def test_values_that_are_one_class_have_one_name() -> None:
    assert class_name(1) == class_name(1.0) == class_name("1") == "1"
    assert class_name(True) == class_name("true") == class_name("True") == "true"
    assert class_name("1.0") == class_name("1.00") == "1"
    assert class_name("1.05") == "1.05"
    assert class_name(1.5) == "1.5"
    assert class_name("007") != class_name(7)
    assert canonical(1.0) == canonical(1) == "1"
    assert canonical("1") == '"1"'


def test_true_and_false_are_1_and_0_whichever_of_both_the_model_answers_with() -> None:
    assert (
        is_same_class(True, 1) and is_same_class("false", 0.0) and is_same_class(1, True) and is_same_class("0", False)
    )
    assert not is_same_class(True, 0) and not is_same_class(2, True) and not is_same_class(True, "1")
    numeric = LabelRule(kind="class", classes=("0", "1"), is_numeric=True)
    assert warnings_of([sent(value=True)], numeric) == []


def test_an_id_of_a_gateway_tells_its_day() -> None:
    moment = datetime(2026, 11, 2, 23, 59, tzinfo=UTC)
    assert day_told_by(f"{round(moment.timestamp() * 1000):012x}{'0' * 16}") == "2026-11-02"
    assert day_told_by("01jd9w") == day_told_by("f" * 28) == day_told_by("g" * 28) == ""


def test_keys_that_can_find_nothing_are_taken_with_a_warning() -> None:
    by_key = sent(prediction_id=None, key="order-7")
    (warning,) = warnings_of([by_key, sent()], LabelRule(has_key=False))
    assert warning.startswith("1 of the labels name a business key")
    assert "unshelf columns set" in warning
    assert warnings_of([sent()], LabelRule(has_key=False)) == []
    assert warnings_of([by_key], LabelRule(has_key=True)) == []
    assert warnings_of([by_key], LabelRule()) == [], "of a model whose roles nobody knows nothing is said"
    both = LabelRule(kind="class", classes=("yes",), has_key=False)
    assert len(warnings_of([sent(prediction_id=None, key="a", value="maybe")], both)) == 2
