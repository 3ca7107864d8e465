"""The check of a bundle before it is registered: load, predict, batch = singles, fork-safety, modules, time and memory."""

import platform
import resource
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from .batchproof import MOST_ROWS, prove_batchable
from .engine import Engine
from .errors import CheckFailed, Refused
from .examples import derived_example
from .forkproof import prove_fork_safe
from .frames import NATIVE
from .hints import failure_of
from .inputs.parts import Part
from .jsontext import dumps, loads
from .loaders import load_model
from .model import DescribesItself, Model, SignatureFields
from .modules import third_party_modules
from .outputs import Prediction, describe_outputs
from .report import Reporter
from .streams import describe_chunk

_NO_SIGNATURE = (
    "Deploy with an example (`example=X[:5]`, or `[example]` in unshelf.toml), so that the columns can be seen in it."
)
_UNWRITABLE = "Return numbers, texts, lists, dicts, arrays, tensors or DataFrames."
_YIELDS = "it yields its answer in chunks"
_NO_EXAMPLE = "there is no example to try it on; deploy with one"


def check(
    specification: dict[str, Any], reporter: Reporter, *, out_of_memory: Callable[[], None] = lambda: None
) -> int:
    """Run all steps, telling the host each; the exit status. `out_of_memory` is called when the model can't be loaded or
    can't predict for a MemoryError; where that is due to the tier it does not return."""
    step = "load"

    def enter(name: str) -> None:
        nonlocal step
        step = name
        reporter.send("step", step=name)

    try:
        reporter.send("checked", **_check(specification, enter))
    except BaseException as error:  # whatever a model's code raises, sys.exit() included, the host is to hear of it
        traceback.print_exc()
        if isinstance(error, MemoryError):
            out_of_memory()
        failed = failure_of(step, error)
        reporter.send("failed", step=failed.step, reason=failed.reason, hint=failed.hint, traceback=failed.traceback)
        return 1
    return 0


def _check(specification: dict[str, Any], enter: Any) -> dict[str, Any]:
    manifest, bundle = specification["manifest"], Path(specification["bundle"])
    given = specification.get("signature")
    enter("load")
    started = perf_counter()
    model = load_model(bundle, manifest["loader"], given)
    load_seconds = perf_counter() - started
    signature = given or {"inputs": _described(model, enter)}
    engine = Engine(model, signature, name=specification["model"], version=specification["version"])
    enter("predict")
    found = _predict_example(engine, signature["inputs"], bundle, manifest.get("example"))
    if found is not None:
        chunks = found.prediction.chunks
        outputs = describe_outputs(found.prediction) if chunks is None else describe_chunk(chunks)
        signature = {"inputs": signature["inputs"], "outputs": outputs}
        enter("batch")
        most_rows = manifest.get("batching", {}).get("max_rows", MOST_ROWS)
        batchable, batchable_reason = False, _YIELDS
        if chunks is None:
            batchable, batchable_reason = prove_batchable(engine, found.rows, most_rows=most_rows)
        enter("fork")
        fork_safe, fork_safe_reason = prove_fork_safe(lambda: _text(engine, found.part))
    else:
        batchable, batchable_reason, fork_safe, fork_safe_reason = False, _NO_EXAMPLE, False, _NO_EXAMPLE
    return {
        "python": platform.python_version(),
        "load_seconds": load_seconds,
        "predict_seconds": found.seconds if found is not None and found.given else None,
        "memory_bytes": _peak_memory(),
        "example_rows": found.part.rows if found is not None and found.given else 0,
        "batchable": batchable,
        "batchable_reason": batchable_reason,
        "fork_safe": fork_safe,
        "fork_safe_reason": fork_safe_reason,
        "modules": third_party_modules(),
        "signature": signature,
        "streams": found is not None and found.prediction.chunks is not None,
    }


class _Example:
    """An example that the model answered."""

    def __init__(self, rows: list[Any], part: Part, prediction: Prediction, seconds: float, *, given: bool) -> None:
        self.rows = rows
        self.part = part
        self.prediction = prediction
        self.seconds = seconds
        self.given = given


def _described(model: Model, enter: Any) -> SignatureFields:
    enter("signature")
    inputs = model.describe() if isinstance(model, DescribesItself) else None
    if inputs is None:
        raise CheckFailed(
            "signature", "The model's file does not tell which columns or tensors it takes.", hint=_NO_SIGNATURE
        )
    return inputs


def _predict_example(engine: Engine, inputs: SignatureFields, bundle: Path, example: str | None) -> _Example | None:
    """The example's prediction; without one, that of derived rows, or None when the model does not take those."""
    if example is None:
        rows = derived_example(inputs)
        try:
            return _predicted(engine, rows, given=False)
        except (Refused, CheckFailed):  # nobody promised that the model takes made-up rows
            return None
    body = (bundle / example).read_bytes()
    try:
        rows = loads(body)["inputs"]
        return _predicted(engine, rows, given=True)
    except Refused as refused:
        if refused.__cause__ is not None:
            raise refused.__cause__ from None
        hint = "Make the example like the rows that callers will send, or correct the signature."
        raise CheckFailed("predict", f"The example can not be used: {refused.detail}", hint=hint) from refused


def _predicted(engine: Engine, rows: list[Any], *, given: bool) -> _Example:
    part, _ = engine.read(NATIVE, dumps({"inputs": rows}).encode())
    engine.hear_out([part], part.rows)
    started = perf_counter()
    prediction = engine.hear_out([part], part.rows)
    seconds = perf_counter() - started
    try:
        prediction.json(0, prediction.size)
    except Refused as refused:
        raise CheckFailed("predict", f"{refused.detail} {refused.traceback}", hint=_UNWRITABLE) from refused
    return _Example(rows, part, prediction, seconds, given=given)


def _text(engine: Engine, part: Part) -> str:
    prediction = engine.hear_out([part], part.rows)
    return prediction.json(0, prediction.size)


def _peak_memory() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
