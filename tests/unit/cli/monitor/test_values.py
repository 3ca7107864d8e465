"""`unshelf values` in the terminal."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

AT = "/api/v1/models/churn/quality/value"
RULE = {"unit": "EUR", "cells": [{"truth": "yes", "answer": "no", "value": -120.0}], "over": 0.0, "under": -2.0}


def test_values_are_set_by_cells_and_errors(control: Control, run: Run) -> None:
    control.reply("PUT", AT, RULE)
    said = run("values", "set", "churn", "EUR", "--cell", "yes:no=-120", "--under", "-2").out
    assert "-120" in said
    assert "under" in said
    (asked,) = control.calls("PUT", AT)
    assert asked.json == {**RULE, "reason": ""}
    assert json.loads(run("values", "set", "churn", "EUR", "--json").out) == RULE


def test_a_cell_that_is_none_is_refused(control: Control, run: Run) -> None:
    for text in ("yes", "yes:no", "yes:no=much", ":no=1"):
        assert run("values", "set", "churn", "EUR", "--cell", text).code != 0
    assert control.calls("PUT", AT) == []


def test_values_are_removed(control: Control, run: Run) -> None:
    control.reply("DELETE", AT, None, 204)
    assert "no values any more" in run("values", "remove", "churn").out
    assert json.loads(run("values", "remove", "churn", "--json").out) == {"name": "churn"}
