"""Refusals of a worker carry status, code and only the fields that say something."""

import json

import pytest

from unshelf.worker import errors
from unshelf.worker.errors import RequestRefused, invalid, malformed


def test_empty_fields_are_left_out() -> None:
    assert malformed("Not JSON.").fields() == {"code": "malformed_request", "detail": "Not JSON."}


def test_faults_hints_and_tracebacks_are_told_where_they_are() -> None:
    faults = [{"row": 1, "expected": "a number", "got": "null"}]
    assert invalid("Wrong.", hint="Send numbers.", errors=faults).fields() == {
        "code": "invalid_input", "detail": "Wrong.", "hint": "Send numbers.", "errors": faults,
    }  # fmt: skip
    raised = RequestRefused(500, "model_error", "ValueError", traceback="Traceback …")
    assert (raised.status, raised.fields()["traceback"]) == (500, "Traceback …")


def test_what_no_text_can_hold_is_spelled_out_wherever_it_is_told() -> None:
    """Given a column whose name is half of a surrogate pair, then the gateway can read what the worker says of it."""
    faults = [{"row": 1, "column": "\ud800", "expected": "one of 'a'", "got": "b\udfff"}]
    fields = invalid("\ud800 is no column.", hint="\ud800", errors=faults).fields()
    assert fields["errors"] == [{"row": 1, "column": "\\ud800", "expected": "one of 'a'", "got": "b\\udfff"}]
    assert json.dumps(fields, ensure_ascii=False).encode().count(b"ud800") == 3


def test_the_values_of_secrets_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given secrets of which one contains another, one has lines, and one is too short to be told apart, when a text has them, then each
    that can be told apart is left out."""
    monkeypatch.setattr(errors, "hidden", [])
    errors.hide({"KEY": "hunter22", "URL": "https://u:hunter22@db", "PEM": "first-line\nsecond-line\n", "PIN": "12"})
    text = "hunter22 https://u:hunter22@db first-line, second-line 12"
    assert errors.readable(text) == "[secret KEY] [secret URL] [secret PEM], [secret PEM] 12"
    refused = errors.RequestRefused(500, "model_error", "It raised.", traceback="KeyError: 'hunter22'")
    assert refused.fields()["traceback"] == "KeyError: '[secret KEY]'"
