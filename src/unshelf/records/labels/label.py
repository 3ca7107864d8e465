"""Labels as values: what is sent, what is wrong with it, and the text by which values of classes are compared."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from unshelf.contracts.problems import InputError

MOST_LABELS = 10_000
"""The most labels of one batch."""
MOST_ROW = 10_000_000
LONGEST_TARGET = 200
LONGEST_VALUE = 1000
_PREDICTION_ID = re.compile(r"[0-9a-f]{28}")
_MILLISECOND_DIGITS = 12
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))\.0+")
_TRUTHS = ("True", "False")
TRUTHS = {"0": "false", "1": "true"}
"""Labels that are numbers, as a model has them that answers with true and false."""
NUMBERS_OF_TRUTHS = {name: number for number, name in TRUTHS.items()}
"""Labels that are true and false, as a model has them that answers with numbers."""
_SHOWN = 80

Value = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class LabelSent:
    """A label as it is sent: exactly one of `prediction_id` and `key` is given."""

    prediction_id: str | None = None
    key: str | None = None
    row: int | None = None
    value: Any
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LabelRule:
    """The values that labels of a model may have."""

    kind: Literal["number", "class", "any"] = "any"
    """number: the truth is a quantity. class: it is one of the classes, as far as they are known."""
    classes: tuple[str, ...] = ()
    """The known classes, as `class_name` writes them; empty: not known."""
    is_numeric: bool = False
    """Whether the model's classes are numbers, so that a text that is none can't be right."""
    has_key: bool | None = None
    """Whether an input is the business key, by which labels find predictions; None: not known."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """A label as it is stored."""

    number: int
    model: str
    prediction_id: str | None
    key: str | None
    row: int | None
    value: Value
    at: datetime | None
    received_at: datetime
    received_by: str
    source: str
    is_latest: bool
    is_joined: bool
    request_rows: int | None = None
    """The rows of its request, which has not the row that it names; None: it has, or was not found yet."""


@dataclass(frozen=True, kw_only=True)
class LabelsAdded:
    """Numbers of a batch that was stored."""

    accepted: int
    """Labels that were stored, corrections among them."""
    duplicates: int
    """Labels that said what was known already; they are not stored again."""
    corrected: int
    """Labels that replaced an earlier one."""
    waiting: int
    """Accepted labels whose prediction is not found in the archive yet."""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LabelSummary:
    """The labels of a model in numbers."""

    model: str
    labels: int
    """Targets that have a label."""
    joined: int
    """Labels whose prediction was found."""
    waiting: int
    """Labels whose prediction was not found yet."""
    corrections: int
    strays: int = 0
    """Labels of a row that their request has not."""
    first_at: datetime | None
    """When the first label was received."""
    last_at: datetime | None


def class_name(value: Value) -> str:
    """Return the text by which classes are compared: 1, 1.0, "1" and "1.0" are one class, and so are true, "true" and "True"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    text = str(value)
    if text in _TRUTHS:
        return text.lower()
    match = _WHOLE.fullmatch(text)
    return text if match is None else match[1]


def is_same_class(truth: Value, answer: Value) -> bool:
    """Whether a label says that an answer is right."""
    name = class_name(truth)
    known_as = TRUTHS if isinstance(answer, bool) else NUMBERS_OF_TRUTHS if isinstance(answer, int | float) else {}
    return known_as.get(name, name) == class_name(answer)


def canonical(value: Value) -> str:
    """Return a value as the JSON text under which it is stored, the same for equal values."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def day_told_by(prediction_id: str) -> str:
    """Return the day (UTC) at which a gateway gave an id; empty for ids of another form."""
    if _PREDICTION_ID.fullmatch(prediction_id) is None:
        return ""
    milliseconds = int(prediction_id[:_MILLISECOND_DIGITS], 16)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def faults_of(labels: Sequence[LabelSent], rule: LabelRule) -> list[InputError]:
    """Return what is wrong with the labels of a batch; `row` is the place of the label in it, from 0."""
    found: list[InputError] = []
    for place, label in enumerate(labels):
        fault = _fault(label, rule)
        if fault is not None:
            column, expected, got = fault
            found.append(InputError(row=place, column=column, expected=expected, got=got))
    return found


def warnings_of(labels: Sequence[LabelSent], rule: LabelRule) -> list[str]:
    """Return what is odd about labels that are taken all the same."""
    return [*_keys_that_find_nothing(labels, rule), *_strange_classes(labels, rule)]


def _keys_that_find_nothing(labels: Sequence[LabelSent], rule: LabelRule) -> list[str]:
    by_key = sum(each.key is not None for each in labels)
    if not by_key or rule.has_key is not False:
        return []
    return [
        f"{by_key} of the labels name a business key, but no input of the model is its key, so they find no prediction. "
        "They were stored, and wait until one is: `unshelf columns set NAME --key COLUMN`."
    ]


def _strange_classes(labels: Sequence[LabelSent], rule: LabelRule) -> list[str]:
    if rule.kind != "class" or not rule.classes:
        return []
    known = set(rule.classes)
    names = (
        class_name(int(each.value) if rule.is_numeric and isinstance(each.value, bool) else each.value)
        for each in labels
    )
    strange = [name for name in names if name not in known]
    if not strange:
        return []
    different = list(dict.fromkeys(strange))
    shown = ", ".join(repr(each[:_SHOWN]) for each in different[:5]) + (" …" if len(different) > 5 else "")
    return [
        f"{len(strange)} of the labels name a class that the model can't answer with: {shown}. "
        f"Its classes are {', '.join(rule.classes[:20])}{' …' if len(rule.classes) > 20 else ''}. "
        "They were stored, and count as wrong predictions."
    ]


def _fault(label: LabelSent, rule: LabelRule) -> tuple[str, str, str] | None:
    """Return the column, what is expected there, and what came; None: nothing is wrong."""
    if (label.prediction_id is None) == (label.key is None):
        both = "both" if label.key is not None else "neither"
        return "prediction_id", "either the id of a prediction or a key", both
    target = label.prediction_id if label.prediction_id is not None else label.key
    if not target or len(target) > LONGEST_TARGET:
        column = "key" if label.prediction_id is None else "prediction_id"
        return column, f"1 to {LONGEST_TARGET} characters", f"{len(target or '')} characters"
    if label.key is not None and label.row is not None:
        return "row", "no row beside a key: the key names the row", str(label.row)
    if label.row is not None and not 0 <= label.row <= MOST_ROW:
        return "row", f"a row from 0 to {MOST_ROW}", str(label.row)
    return _fault_in_value(label.value, rule)


def _fault_in_value(value: Any, rule: LabelRule) -> tuple[str, str, str] | None:
    if not isinstance(value, str | int | float | bool):
        return "value", "a text, a number, true or false", "null" if value is None else type(value).__name__
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        return "value", f"at most {LONGEST_VALUE} characters", f"{len(value)} characters"
    if rule.kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        return "value", "a number", repr(value)[:_SHOWN]
    if rule.kind == "class" and rule.is_numeric and isinstance(value, str) and not _is_number(value):
        return "value", "a number, as the model's classes are", repr(value)[:_SHOWN]
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
