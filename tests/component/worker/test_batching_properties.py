"""Whatever a model of its maker's own code does with its batch, no caller's answer depends on another's request.

Many models are made at random: of steps that look at one row, and of steps that look at the batch (means, ranks, sums so far, fills,
sorts, pads). Each is checked as a deploy checks it, with `share = true` and without, and then asked by many at once. The engine
is the worker's own; only its sockets are missing, so that what is asked together is predicted together."""

import json
import random
import textwrap
from collections import deque
from typing import Any

import pytest

from tests.support.long import LONG
from unshelf.worker.checks.calls import CountedModel
from unshelf.worker.checks.sharing import prove_sharing
from unshelf.worker.connections import Request
from unshelf.worker.engine import Engine
from unshelf.worker.frames import NATIVE, V2
from unshelf.worker.loaders.python import Callee

MODELS = 200 if LONG else 60
CALLERS = 24

ALONE = [
    "v * {a}", "v + {a}", "v.abs()", "v.clip(-{a}, {a})", "v.fillna({a})", "numpy.log1p(v.abs())", "v.round(1)", "v * rows['k']",
    "v.where(v > 0, {a})", "v + rows['t'].str.len()", "v.astype('float32').astype('float64')", "v.isna() * 1.0", "-v",
]  # fmt: skip
"""Steps that look at each row alone."""
TOGETHER = [
    "v - v.mean()", "v / (v.std(ddof=0) + 1)", "v.rank()", "v.cumsum()", "v.sort_values().reset_index(drop=True)", "v.ffill()",
    "v.bfill()", "v.fillna(v.mean())", "v.interpolate()", "v.diff().fillna(0)", "v.shift(1).fillna(0)", "v / v.abs().max()",
    "v.rolling(2, min_periods=1).mean()", "v - v.min()", "v.fillna(0) + v.duplicated()", "v + len(v)", "v + numpy.arange(len(v))",
    "v.clip(v.quantile(0.1), v.quantile(0.9))", "v.fillna(0) + v.map(v.value_counts()).fillna(0)",
    "v + rows['t'].str.len().max()", "v - v.median() if len(v) > 4 else v", "v * 2 if (v < 0).any() and len(v) > 1 else v",
    "v.fillna(0) if v.isna().any() and len(v) > 1 else v", "v.iloc[::-1].reset_index(drop=True)", "v - v.max()",
    "v.groupby(rows['t']).transform('mean')", "v + rows['k'].sum()", "v * (rows['k'].nunique() + 1)", "v.expanding().mean()",
]  # fmt: skip
"""Steps that look at the batch; most change nothing for a batch of one row."""
ANSWERS = [
    "v", "v.to_numpy()", "v.tolist()", "{{'a': v, 'n': numpy.arange(len(v)) * 0}}", "pandas.DataFrame({{'a': v, 't': rows['t']}})",
]  # fmt: skip

TEXT_ALONE = [
    "[t.upper() for t in texts]",
    "[t[::-1] for t in texts]",
    "[t + '!' for t in texts]",
    "[t.strip() for t in texts]",
]
TEXT_TOGETHER = [
    "[t.ljust(max(map(len, texts))) for t in texts]", "sorted(texts)", "[f'{t} {texts.index(t)}' for t in texts]",
    "[t + max(texts)[:1] for t in texts]", "[t if texts.count(t) == 1 else t * 2 for t in texts]",
    "[''.join(texts)[: len(t)] for t in texts]",
]  # fmt: skip

TABLE = {
    "kind": "columns", "container": "pandas",
    "columns": [
        {"name": "x", "type": "float64", "nullable": True}, {"name": "k", "type": "int64"}, {"name": "t", "type": "string"},
    ],
}  # fmt: skip
TEXTS = {"kind": "columns", "container": "values", "columns": [{"name": "t", "type": "string"}]}


class Answers:
    """Takes answers in place of a connection."""

    def __init__(self) -> None:
        self.by_id: dict[int, tuple[int, Any]] = {}
        self.batches: list[int] = []

    def answer(self, id: int, status: int, payload: bytes, *, rows: int = 0, **_: Any) -> None:
        self.by_id[id] = (status, json.loads(payload))
        self.batches.append(rows)


class RandomModel:
    """A model of its maker's own code, and what it takes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.is_text = chance.random() < 0.2
        together = chance.random() < 0.6
        alone, mixing = (TEXT_ALONE, TEXT_TOGETHER) if self.is_text else (ALONE, TOGETHER)
        steps = chance.choices(alone, k=chance.randint(1, 3))
        if together:
            steps.insert(chance.randint(0, len(steps)), chance.choice(mixing))
        name = "texts" if self.is_text else "v"
        lines = [f"{name} = {step}" for step in steps]
        answer = "texts" if self.is_text else chance.choice(ANSWERS)
        body = "\n".join([*lines, f"return {answer}"]).replace("{a}", str(chance.choice([0.5, 2.0, 7.0])))
        body = body.replace("{{", "{").replace("}}", "}")
        head = (
            "def predict(texts):\n" if self.is_text else "import numpy, pandas\ndef predict(rows):\n    v = rows['x']\n"
        )
        self.source = head + textwrap.indent(body, "    ")
        self.inputs = TEXTS if self.is_text else TABLE
        self.example = (
            ["abc", "de"][: chance.randint(1, 2)]
            if self.is_text
            else [[1.5, 3, "ab"], [2.5, 1, "c"]][: chance.randint(1, 2)]
        )

    def row(self) -> Any:
        if self.is_text:
            return self.chance.choice(["a", "bb", " c ", "", "dddd ddd", "Abc", "zz"])
        value = self.chance.choice([None, 0.0, -3.5, 1e6, 2.0, self.chance.uniform(-9, 9)])
        return [value, self.chance.randint(-5, 9), self.chance.choice(["a", "bb", "", "long text"])]

    def body(self) -> tuple[int, bytes]:
        """A protocol, and a request in it."""
        rows = [self.row() for _ in range(self.chance.choice([1, 1, 1, 2, 3]))]
        if self.is_text or self.chance.random() < 0.6 or any(row[0] is None for row in rows):
            return NATIVE, json.dumps({"inputs": rows}).encode()
        named = zip((("x", "FP64"), ("k", "INT64"), ("t", "BYTES")), zip(*rows, strict=True), strict=True)
        tensors = [
            {"name": name, "datatype": kind, "shape": [len(rows)], "data": list(data)} for (name, kind), data in named
        ]
        return V2, json.dumps({"inputs": tensors}).encode()

    def engine(self, model: Any, **more: Any) -> Engine:
        return Engine(model, {"inputs": self.inputs}, name="m", version=1, **more)

    def predict(self) -> Any:
        scope: dict[str, Any] = {}
        exec(self.source, scope)
        return Callee(scope["predict"])


def ask(engine: Engine, bodies: list[tuple[int, bytes]]) -> Answers:
    """Ask for all at once."""
    answers = Answers()
    waiting = deque(
        Request(answers, id=number, protocol=protocol, header=0, body=body, arrived=0)  # type: ignore[arg-type]
        for number, (protocol, body) in enumerate(bodies)
    )
    while waiting:
        engine.work(waiting)
    return answers


@pytest.mark.parametrize("part", range(4))
def test_no_answer_depends_on_another_s_request(part: int) -> None:
    shared = refused = 0
    for number in range(part * MODELS // 4, (part + 1) * MODELS // 4):
        made = RandomModel(random.Random(number))
        model = made.predict()
        bodies = [made.body() for _ in range(CALLERS)]
        alone = [ask(made.engine(model), [body]).by_id[0] for body in bodies]
        for batching in ({}, {"share": True}):
            calls = CountedModel(model, None)
            engine = made.engine(calls)
            proof = prove_sharing(
                engine, made.inputs, made.example, batching, timeout=30.0, calls=calls, has_parameters=False
            )
            served = ask(made.engine(model, batchable=proof.batchable, max_batch_rows=max(1, proof.rows)), bodies)
            together = [served.by_id[place] for place in range(CALLERS)]
            assert together == alone, f"model {number} with {batching}, {proof.reason}:\n{made.source}"
            if not batching:
                assert max(served.batches) <= 3, "nobody asked for requests to be predicted together"
            elif proof.batchable:
                shared += max(served.batches) > 3
            else:
                refused += 1
    assert shared >= MODELS // 4 // 10, "models that answer each row alone share batches where their makers ask for it"
    assert refused >= MODELS // 4 // 4
