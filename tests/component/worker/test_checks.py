"""The check of a bundle, in a process of its own, as the host starts it."""

import json
import pickle
import time
from pathlib import Path
from typing import Any

import joblib
import msgspec
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

from tests.support.waiting import wait_until
from unshelf.contracts.bundle import Checks

IRIS = {
    "inputs": {
        "kind": "columns",
        "columns": [{"name": name, "type": "float64"} for name in ("a", "b", "c", "d")],
        "container": "numpy",
    }
}


def run(start: Any, **given: Any) -> tuple[dict[str, Any], list[str]]:
    worker = start(command="check", **given)
    *steps, last = worker.events()
    assert worker.wait() == (0 if last["event"] == "checked" else 1)
    return last, [step["step"] for step in steps]


SHARE = {"manifest_fields": {"batching": {"share": True}}}


def checked(start: Any, **given: Any) -> Checks:
    last, _ = run(start, **given)
    assert last.pop("event") == "checked", last
    return msgspec.convert(last, Checks, strict=True)


@pytest.fixture(scope="module")
def forest() -> bytes:
    data, target = load_iris(return_X_y=True)
    model = RandomForestClassifier(n_estimators=5, random_state=0).fit(data, target)
    return pickle.dumps(model)


def test_a_good_model_is_measured_and_its_outputs_are_seen(start: Any, forest: bytes) -> None:
    example = load_iris().data[::30].tolist()
    loader = {"kind": "python", "file": "model.pkl", "format": "pickle"}
    last, steps = run(start, files={"model.pkl": forest}, loader=loader, signature=IRIS, example=example)
    assert steps == ["load", "predict", "batch", "fork"]
    assert last.pop("event") == "checked"
    found = msgspec.convert(last, Checks, strict=True)
    assert found.batchable, found.batchable_reason
    assert found.fork_safe, found.fork_safe_reason
    assert found.example_rows == 5
    assert found.memory_bytes > 20 << 20
    assert found.predict_seconds and found.load_seconds
    assert {"sklearn.ensemble", "numpy", "scipy"} <= set(found.modules)
    assert not any(name.startswith(("unshelf", "__main__", "json")) for name in found.modules)
    assert msgspec.to_builtins(found.signature)["outputs"] == {
        "kind": "tensors", "tensors": [{"name": "output", "type": "int64", "shape": [-1]}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("max_rows", "batchable", "said"), [(7, True, "batches of 2 to 7 rows"), (1, False, "max_rows = 1")]
)
def test_no_larger_batches_are_tried_than_will_be_made(start: Any, max_rows: int, batchable: bool, said: str) -> None:
    worker = start(
        command="check", files={"predict.py": "def predict(values):\n    assert len(values) <= 7\n    return values\n"},
        example=[1.0, 2.0], manifest_fields={"batching": {"max_rows": max_rows, "share": True}},
    )  # fmt: skip
    found = worker.events()[-1]
    assert (found["batchable"], said in found["batchable_reason"]) == (batchable, True)


def test_answers_that_depend_on_the_batch_forbid_batching(start: Any) -> None:
    code = "def predict(values):\n    return [value / len(values) for value in values]\n"
    found = checked(start, files={"predict.py": code}, example=[1, 2, 3], **SHARE)
    assert not found.batchable
    assert "of a batch of 2" in found.batchable_reason


def test_a_difference_of_one_bit_is_seen(start: Any) -> None:
    code = (
        "def predict(values):\n    tiny = 2**-52 if len(values) > 60 else 0\n    return [1.0 + tiny for _ in values]\n"
    )
    found = checked(start, files={"predict.py": code}, example=[1, 2, 3], **SHARE)
    assert not found.batchable
    assert "1.0000000000000002" in found.batchable_reason


@pytest.mark.long
def test_the_proof_of_a_slow_model_ends_in_time(start: Any) -> None:
    code = "import time\ndef predict(values):\n    time.sleep(0.3 * len(values))\n    return values\n"
    began = time.monotonic()
    found = checked(start, files={"predict.py": code}, example=[1, 2], **SHARE)
    assert found.batchable_reason.startswith("batches of 2 to ")
    assert time.monotonic() - began < 100


ECHO = "def predict(values):\n    return values\n"


def test_code_of_the_makers_own_shares_no_batch_unless_asked_for(start: Any) -> None:
    found = checked(start, files={"predict.py": ECHO}, example=[1, 2])
    assert (found.batchable, found.batch_rows) == (False, 0)
    assert "its maker's own code is not known to answer each row alone" in found.batchable_reason
    asked = checked(start, files={"predict.py": ECHO}, example=[1, 2], **SHARE)
    assert (asked.batchable, asked.batch_rows) == (True, 1024), asked.batchable_reason


def test_what_its_maker_forbids_is_not_proved(start: Any, forest: bytes) -> None:
    loader = {"kind": "python", "file": "model.pkl", "format": "pickle"}
    fields = {"batching": {"share": False}}
    found = checked(start, files={"model.pkl": forest}, loader=loader, signature=IRIS,
                    example=load_iris().data[:3].tolist(), manifest_fields=fields)  # fmt: skip
    assert (found.batchable, "share = false" in found.batchable_reason) == (False, True)


NULLABLE = {"kind": "columns", "columns": [{"name": "x", "type": "float64", "nullable": True}], "container": "pandas"}
MIXING = {
    "a mean": "return rows['x'] - rows['x'].mean()",
    "a rank": "return rows['x'].rank()",
    "a sort": "return rows['x'].sort_values().to_numpy()",
    "a sum so far": "return rows['x'].cumsum()",
    "the gap takes the value before": "return rows['x'].ffill()",
    "the gap takes the value after": "return rows['x'].bfill()",
    "the gap takes the mean": "return rows['x'].fillna(rows['x'].mean())",
    "doubles are marked": "return rows['x'].duplicated()",
    "one gap makes all of another type": "return rows['x'] if rows['x'].isna().any() else rows['x'].round().astype(int)",
    "only beside something negative": "return rows['x'] * (2 if (rows['x'] < 0).any() and len(rows) > 1 else 1)",
    "the place in the batch": "return list(range(len(rows)))",
}


@pytest.mark.long
@pytest.mark.parametrize("body", MIXING.values(), ids=MIXING)
def test_a_model_that_looks_at_its_batch_is_found_by_an_example_of_one_row(start: Any, body: str) -> None:
    code = f"def predict(rows):\n    {body}\n"
    found = checked(start, files={"predict.py": code}, signature={"inputs": NULLABLE}, example=[[1.5]], **SHARE)
    assert not found.batchable
    assert found.batchable_reason.startswith("its maker asks for it ([batching] share = true), but ")


def test_texts_padded_to_the_longest_are_found(start: Any) -> None:
    code = (
        "def predict(texts):\n    longest = max(map(len, texts))\n    return [text.ljust(longest) for text in texts]\n"
    )
    signature = {"inputs": {"kind": "columns", "columns": [{"name": "t", "type": "string"}], "container": "values"}}
    assert not checked(start, files={"predict.py": code}, signature=signature, example=["abc"], **SHARE).batchable


def calls_of(worker: Any) -> int:
    return len((worker.folder / "calls").read_text())


COUNTED = "import pathlib, time\nlog = pathlib.Path('calls')\ndef predict(values):\n    log.open('a').write('x')\n"


@pytest.mark.parametrize(("fields", "most"), [({"calls": 1}, 1), ({"calls": 4}, 4), ({"calls": 30}, 30)])
def test_no_more_calls_are_made_than_its_maker_allows(start: Any, fields: dict[str, int], most: int) -> None:
    manifest = {"check": fields, "batching": {"share": True}}
    worker = start(command="check", files={"predict.py": COUNTED + "    return values\n"}, example=[1, 2],
                   manifest_fields=manifest)  # fmt: skip
    found = worker.events()[-1]
    assert found["calls"] == calls_of(worker) <= most
    assert (found["batchable"], found["fork_safe"]) == (most > 24, most > 2)
    assert most > 24 or f"[check] calls = {most}" in found["batchable_reason"]


@pytest.mark.long
def test_a_model_of_seconds_a_call_is_called_once_or_twice(start: Any) -> None:
    code = COUNTED + "    time.sleep(1.1 * len(values))\n    return values\n"
    worker = start(
        command="check", files={"predict.py": code}, example=[1], manifest_fields={"batching": {"share": True}}
    )
    found = worker.events()[-1]
    assert "a call takes 1.1 s" in found["batchable_reason"]
    assert found["calls"] == calls_of(worker) <= 4


def test_threads_forbid_forking(start: Any) -> None:
    code = (
        "import threading\n"
        "threading.Thread(target=threading.Event().wait, name='watcher', daemon=True).start()\n"
        "def predict(values):\n    return values\n"
    )
    found = checked(start, files={"predict.py": code}, example=[1])
    assert not found.fork_safe
    assert "watcher" in found.fork_safe_reason


def test_another_answer_in_a_forked_copy_forbids_forking(start: Any) -> None:
    code = (
        "import os\nhome = os.getpid()\ndef predict(values):\n    return [float(os.getpid() == home) for _ in values]\n"
    )
    found = checked(start, files={"predict.py": code}, example=[1])
    assert (found.fork_safe, found.fork_safe_reason) == (False, "a forked copy answered differently")


def test_without_an_example_made_up_rows_are_tried(start: Any) -> None:
    found = checked(start, files={"predict.py": "def predict(values):\n    return values\n"}, **SHARE)
    assert found.batchable
    assert found.example_rows == 0
    assert found.predict_seconds is None
    assert found.signature is not None and found.signature.outputs is not None


def test_a_model_that_takes_no_made_up_rows_is_not_refused_for_it(start: Any) -> None:
    found = checked(start, files={"predict.py": "def predict(values):\n    raise ValueError('too small')\n"})
    assert not found.batchable
    assert "no example" in found.batchable_reason


def test_a_class_is_made_loaded_and_asked(start: Any) -> None:
    code = (
        "class Adder:\n"
        "    def load(self, folder):\n        self.amount = int((folder / 'amount.txt').read_text())\n"
        "    def score(self, rows):\n        return [{'sum': row['x'] + self.amount, 'name': 'n'} for row in rows]\n"
    )
    signature = {"inputs": {"kind": "columns", "columns": [{"name": "x", "type": "int64"}]}}
    loader = {"kind": "python", "entry": "model.py:Adder", "method": "score"}
    found = checked(
        start, files={"model.py": code, "amount.txt": "5"}, loader=loader, signature=signature, example=[{"x": 1}]
    )
    assert msgspec.to_builtins(found.signature)["outputs"]["columns"] == [
        {"name": "sum", "type": "int64"}, {"name": "name", "type": "string"},
    ]  # fmt: skip


def test_a_joblib_file_answers(start: Any, forest: bytes, tmp_path: Any) -> None:
    joblib.dump(pickle.loads(forest), tmp_path / "model.joblib")
    loader = {"kind": "python", "file": "model.joblib", "format": "joblib", "method": "predict_proba"}
    files = {"model.joblib": (tmp_path / "model.joblib").read_bytes()}
    found = checked(start, files=files, loader=loader, signature=IRIS, example=load_iris().data[:3].tolist())
    assert msgspec.to_builtins(found.signature)["outputs"]["tensors"][0]["shape"] == [-1, 3]


@pytest.mark.parametrize(
    ("code", "step", "reason", "hint"),
    [
        ("import sklearnn", "load", "ModuleNotFoundError", "Add `sklearnn` to the requirements"),
        ("import yaml_", "load", "ModuleNotFoundError", "yaml_"),
        ("raise SystemExit(1)", "load", "SystemExit: 1", "fresh Python"),
        ("def other(x): pass", "load", "has no 'predict'", "predict"),
        ("def predict(x): raise ValueError('no')", "predict", "ValueError: no", "container"),
        ("def predict(x): return [object()]", "predict", "has no place in JSON", "Return numbers"),
        ("def predict(x): open('weights.bin')", "predict", "FileNotFoundError", "Path(__file__).parent"),
    ],
)
def test_a_failure_names_step_reason_and_hint(start: Any, code: str, step: str, reason: str, hint: str) -> None:
    last, _ = run(start, files={"predict.py": code}, example=[1.0])
    assert (last["event"], last["step"]) == ("failed", step)
    assert reason in last["reason"]
    assert hint in last["hint"]
    assert last["traceback"]


def test_a_class_of_a_notebook_is_told_where_to_go(start: Any) -> None:
    raw = b"c__main__\nModel\n."  # a pickle that names __main__.Model
    last, _ = run(start, files={"model.pkl": raw}, loader={"kind": "python", "file": "model.pkl", "format": "pickle"})
    assert last["step"] == "load"
    assert "Put it in a file of its own" in last["hint"]


def test_an_example_that_does_not_fit_is_told(start: Any) -> None:
    last, _ = run(start, files={"predict.py": "def predict(values):\n    return values\n"}, example=["text"])
    assert last["step"] == "predict"
    assert 'expected float64, got "text"' in last["reason"]


def test_without_signature_the_model_is_asked(start: Any) -> None:
    last, steps = run(start, files={"predict.py": "def predict(values): return values"}, signature=None)
    assert (last["event"], last["step"], steps[-1]) == ("failed", "signature", "signature")
    assert "example" in last["hint"]


@pytest.mark.parametrize("hang", ["import time\ntime.sleep(1000)", "sum(range(10**12))"])
def test_a_check_that_hangs_ends_with_its_host(start: Any, tmp_path: Path, hang: str) -> None:
    begun = tmp_path / "begun"
    code = f"import pathlib\npathlib.Path({str(begun)!r}).touch()\n{hang}"
    worker = start(command="check", files={"predict.py": code})
    assert worker.event()["step"] == "load"
    wait_until(begun.exists, what="the model's code runs")
    worker.cut_lifeline()
    assert worker.wait() != 0


def test_matrix_products_are_judged_by_what_is_seen(start: Any) -> None:
    """A linear model is batchable here or not, but never claimed to be when a batch was seen to differ."""
    weights = np.random.default_rng(0).normal(size=(64, 7)).tolist()
    code = f"import numpy\nW = numpy.array({json.dumps(weights)})\ndef predict(rows):\n    return rows @ W\n"
    columns = [{"name": f"c{number}", "type": "float64"} for number in range(64)]
    signature = {"inputs": {"kind": "columns", "columns": columns, "container": "numpy"}}
    example = np.random.default_rng(1).normal(size=(5, 64)).tolist()
    found = checked(start, files={"predict.py": code}, signature=signature, example=example, **SHARE)
    assert found.batchable == ("bit for bit" in found.batchable_reason)
    assert found.batchable or "of a batch of" in found.batchable_reason


WARNS = b"""
import warnings
warnings.warn("made with another version", UserWarning)
def predict(rows):
    warnings.warn("log of zero", RuntimeWarning)
    return [1.0 for _ in rows]
"""


def test_warnings_of_loading_and_predicting_are_told_once_each(start: Any) -> None:
    loader = {"kind": "python", "entry": "predict.py:predict"}
    found = checked(start, files={"predict.py": WARNS}, loader=loader, signature=IRIS, example=[[1.0, 2.0, 3.0, 4.0]])
    assert found.warnings == [
        "while loading the model: UserWarning: made with another version",
        "while predicting the example: RuntimeWarning: log of zero",
    ]


READS = "import os\nKEY = os.environ['SERVICE_KEY']\ndef predict(values):\n    return [KEY for _ in values]\n"
READS_LATE = "import os\ndef predict(values):\n    return [os.environ['SERVICE_KEY'] for _ in values]\n"


def test_variables_are_there_before_the_model_is_loaded(start: Any) -> None:
    found = checked(start, files={"predict.py": READS}, example=[1.0], variables={"SERVICE_KEY": "k-1"})
    assert found.example_rows == 1


@pytest.mark.parametrize(("code", "step"), [(READS, "load"), (READS_LATE, "predict")])
@pytest.mark.parametrize("example", [[1.0], None])
def test_a_variable_that_is_missing_is_named(start: Any, code: str, step: str, example: list[float] | None) -> None:
    last, _ = run(start, files={"predict.py": code}, example=example)
    assert (last["event"], last["step"], last["reason"]) == ("failed", step, "KeyError: 'SERVICE_KEY'")
    assert "`unshelf secrets set SERVICE_KEY --model iris`" in last["hint"]
