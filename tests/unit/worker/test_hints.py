"""Hints name the fix: the package behind a missing module, the pin behind a version that differs, the file to add."""

import os
import sys
import types
from typing import Any

import pytest

from unshelf.worker.errors import CannotLoad, CheckFailed
from unshelf.worker.hints import failure_of, hint_for, missing_variable


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("no", name="sklearn.linear_model"), "Add `scikit-learn` to the requirements"),
        (ModuleNotFoundError("no", name="my_features"), "add `my_features.py` to the model's files"),
        (ModuleNotFoundError("no", name="numpy._core.multiarray"), "saved with another NumPy"),
        (AttributeError("Can't get attribute 'ratio' on <module '__main__' (built-in)>"), "notebook or script"),
        (AttributeError("Can't get attribute 'Old' on <module 'lib' from 'x'>"), "`lib` here has no `Old`"),
        (ImportError("numpy.core.multiarray failed to import"), "Pin numpy"),
        (ImportError("/h/x.so: failed to map segment from shared object"), "mounted with `noexec`"),
        (ImportError("libgomp.so.1: cannot open shared object file"), "system library is missing"),
        (FileNotFoundError("weights.bin"), "Path(__file__).parent"),
        (
            OSError(-3, "Temporary failure (db.example.org:5432 is not granted to this model: …)"),
            "`--allow-network HOST:PORT`",
        ),
        (MemoryError(), "larger tier"),
        (SyntaxError("invalid syntax"), "Correct the line"),
        (CannotLoad("no", hint="its own"), "its own"),
    ],
)
def test_the_hint_fits_the_error(error: BaseException, said: str) -> None:
    assert said in hint_for("load", error)


def test_without_a_better_one_the_hint_is_that_of_the_step() -> None:
    assert "fresh Python" in hint_for("load", ValueError("x"))
    assert "its own example" in hint_for("predict", ValueError("x"))
    assert "its own example" in hint_for("predict", TypeError("x"))
    assert hint_for("fork", ValueError("x")) == "The log and the traceback tell more."


def test_a_failure_keeps_step_reason_and_traceback() -> None:
    try:
        raise ValueError("x" * 5000)
    except ValueError as error:
        failure = failure_of("predict", error)
    assert (failure.step, failure.reason[:13], len(failure.reason)) == ("predict", "ValueError: x", 2000)
    assert "test_hints.py" in failure.traceback


def test_a_failed_check_stays_what_it_is() -> None:
    failed = CheckFailed("load", "reason", hint="hint")
    assert failure_of("predict", failed) is failed


def raised_by(code: str) -> BaseException:
    try:
        exec(code, {"os": os})
    except Exception as error:
        return error
    raise AssertionError("the code raises")


@pytest.mark.parametrize(
    "code",
    [
        "os.environ['UNSET_KEY']",
        "os.environb[b'UNSET_KEY']",
        "try:\n    os.environ['UNSET_KEY']\nexcept KeyError as error:\n    raise RuntimeError('no key') from error",
        "try:\n    os.environ['UNSET_KEY']\nexcept KeyError:\n    raise ValueError('no key')",
    ],
)
def test_a_variable_that_is_not_set_is_named_with_the_ways_to_set_it(code: str) -> None:
    failure = failure_of("load", raised_by(code), "credit-risk")
    assert "The model read the environment variable UNSET_KEY, which is not set." in failure.hint
    assert "`unshelf secrets set UNSET_KEY --model credit-risk`" in failure.hint
    assert "[environment] env" in failure.hint


@pytest.mark.parametrize(
    "code",
    [
        "{}['UNSET_KEY']",
        "dict(os.environ)['UNSET_KEY']",
        "try:\n    os.environ['UNSET_KEY']\nexcept KeyError:\n    pass\n{}['other']",
        "raise KeyError('UNSET_KEY')",
    ],
)
def test_another_key_that_is_missing_is_no_variable(code: str) -> None:
    assert missing_variable(raised_by(code)) is None


def test_a_missing_part_of_a_namespace_is_not_looked_for_under_the_namespaces_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "acme", types.ModuleType("acme"))
    hint = hint_for("load", ModuleNotFoundError("No module named 'acme.cloud.store'", name="acme.cloud.store"))
    assert "`acme-cloud-store`" in hint
    assert "`acme`" not in hint


def test_a_parameter_that_the_function_does_not_take_is_told() -> None:
    def predict(rows: list[int]) -> list[int]:
        return rows

    parameters: dict[str, Any] = {"k": 5}
    with pytest.raises(TypeError) as raised:
        predict([1], **parameters)
    assert "take the parameter out" in hint_for("predict", raised.value)
