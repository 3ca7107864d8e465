"""The check of a bundle before it is registered: load, predict, batch = singles, fork-safety, modules, time and memory."""

import platform
import resource
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from ..encoding.json_codec import dumps, loads
from ..engine import Engine
from ..errors import CheckFailed, RequestRefused, UnusableAnswer, readable
from ..frames import NATIVE
from ..hints import failure_of, missing_variable
from ..inputs.request_inputs import RequestInputs
from ..loaders import load_model
from ..model import DescribesItself, LoadedModel, SignatureFields
from ..outputs import ROWS, TABLE, BatchOutputs, describe_outputs
from ..process.config import Configuration
from ..process.report import Reporter
from ..streams import describe_chunk
from .batch_equivalence import Proof
from .calls import CountedModel
from .declarations import parameters_of, require_known_redactions
from .fork_safety import prove_fork_safe
from .imports import third_party_modules
from .scores import TriedRows, check_scores
from .seen_warnings import SeenWarnings
from .sharing import prove_sharing
from .stated_outputs import agreed_outputs
from .synthetic_rows import default_row, derived_example

_NO_SIGNATURE = (
    "Deploy with an example (`example=X[:5]`, or `[example]` in unshelf.toml), so that the columns can be seen in it, or state them "
    "(`signature=…`, or `[signature]`)."
)
_ONE_FOR_ALL = 'its answer is one for all rows: [model] output = "table"'
_YIELDS = "it yields its answer in chunks"
_SLOW_SECONDS = 1.0
"""From this time on the example is not predicted a second time, to be measured without what only the first call does."""
_TOO_SLOW_TO_FORK = 5.0
"""From this time on the example is not predicted twice more, by this process and by a forked copy."""
_NO_EXAMPLE = "there is no example to try it on; deploy with one"


def check(config: Configuration, reporter: Reporter, *, out_of_memory: Callable[[], None] = lambda: None) -> int:
    """Run all steps, telling the host each; the exit status. `out_of_memory` is called when the model can't be loaded or
    can't predict for a MemoryError; where that is due to the tier it does not return."""
    step = "load"

    def enter(name: str) -> None:
        nonlocal step
        step = name
        reporter.step(name)

    try:
        reporter.checked(**_check(config, enter))
    except BaseException as error:  # whatever a model's code raises, sys.exit() included, the host is to hear of it
        traceback.print_exc()
        if isinstance(error, MemoryError):
            out_of_memory()
        reporter.failed(failure_of(step, error, config.model))
        return 1
    return 0


def _check(config: Configuration, enter: Any) -> dict[str, Any]:
    manifest, bundle, given = config.manifest, Path(config.bundle), config.signature
    enter("load")
    seen = SeenWarnings()
    seen.begin("while loading the model")
    started = perf_counter()
    model = load_model(bundle, manifest["loader"], given)
    load_seconds = perf_counter() - started
    signature = given or {"inputs": _described(model, enter)}
    signature.pop("scores", None)  # what is recorded beside answers is for this check to say
    if parameters := parameters_of(model, manifest, signature):
        signature = {**signature, "parameters": parameters}
    calls = CountedModel(model, manifest.get("check", {}).get("calls"))
    output = manifest.get("output", ROWS)
    engine = Engine(calls, signature, name=config.model, version=config.version, output=output)
    enter("predict")
    if manifest.get("example") is None:
        seen.end()  # nobody gave the rows that are tried
    else:
        seen.begin("while predicting the example")
    found = _predict_example(engine, signature["inputs"], bundle, manifest.get("example"), calls)
    seen.end()
    if found is not None:
        chunks = found.prediction.chunks
        outputs = describe_outputs(found.prediction) if chunks is None else describe_chunk(chunks)
        signature = {**signature, "outputs": agreed_outputs(signature.get("outputs"), outputs)}
        enter("batch")
        batches = _prove_batches(engine, signature, found, config, calls)
        enter("fork")
        fork_safe, fork_safe_reason = _prove_fork(engine, found, calls)
        if output != TABLE and chunks is None:
            _check_one_row(engine, found, calls)
    else:
        batches, fork_safe, fork_safe_reason = Proof(False, _NO_EXAMPLE), False, _NO_EXAMPLE
    require_known_redactions(manifest, signature)
    tried = None if found is None else TriedRows(engine.inputs_of(found.part), found.prediction, found.seconds)
    scores = check_scores(model, manifest, signature, tried)
    return {
        "python": platform.python_version(),
        "load_seconds": load_seconds,
        "predict_seconds": found.seconds if found is not None and found.given else None,
        "memory_bytes": _peak_memory(),
        "example_rows": found.part.rows if found is not None and found.given else 0,
        "batchable": batches.batchable,
        "batchable_reason": batches.reason,
        "batch_rows": batches.rows,
        "fork_safe": fork_safe,
        "fork_safe_reason": fork_safe_reason,
        "modules": third_party_modules(),
        "signature": signature | scores.declared,
        "streams": found is not None and found.prediction.chunks is not None,
        "scores_reason": scores.reason,
        "calls": calls.made,
        "warnings": [readable(text) for text in seen.texts],
    }


def _prove_batches(
    engine: Engine, signature: SignatureFields, found: "_Example", config: Configuration, calls: CountedModel
) -> Proof:
    """Prove that requests may share batches, where answers are one a row."""
    manifest = config.manifest
    if manifest.get("output", ROWS) == TABLE:
        return Proof(False, _ONE_FOR_ALL)
    if found.prediction.chunks is not None:
        return Proof(False, _YIELDS)
    return prove_sharing(
        engine, signature["inputs"], found.rows, manifest.get("batching", {}), timeout=config.timeout, calls=calls,
        has_parameters=bool(signature.get("parameters")),
    )  # fmt: skip


class _Example:
    """An example that the model answered."""

    def __init__(
        self, rows: list[Any], part: RequestInputs, prediction: BatchOutputs, seconds: float, *, given: bool
    ) -> None:
        self.rows = rows
        self.part = part
        self.prediction = prediction
        self.seconds = seconds
        self.given = given


def _prove_fork(engine: Engine, found: _Example, calls: CountedModel) -> tuple[bool, str]:
    if not calls.allows(2):
        return False, f"{calls.limit} leaves no calls to try it with"
    if found.seconds >= _TOO_SLOW_TO_FORK:
        return False, f"its example takes {found.seconds:.1f} s, too long to be predicted twice more to try it"
    proved = prove_fork_safe(lambda: _text(engine, found.part))
    calls.note(1)  # the copy's
    return proved


def _described(model: LoadedModel, enter: Any) -> SignatureFields:
    enter("signature")
    inputs = model.describe() if isinstance(model, DescribesItself) else None
    if inputs is None:
        raise CheckFailed(
            "signature", "The model's file does not tell which columns or tensors it takes.", hint=_NO_SIGNATURE
        )
    return inputs


def _predict_example(
    engine: Engine, inputs: SignatureFields, bundle: Path, example: str | None, calls: CountedModel
) -> _Example | None:
    """The example's prediction; without one, that of a row that leaves out all columns, where its maker promised that it may; else
    that of derived rows, or None when the model does not take those."""
    if example is None:
        promised = default_row(inputs)
        rows = derived_example(inputs) if promised is None else [promised]
        try:
            return _predicted(engine, rows, calls, given=False)
        except UnusableAnswer as refused:
            raise _unusable(refused) from refused
        except RequestRefused as refused:  # nobody promised that the model takes made-up rows
            cause = refused.__cause__
            if cause is not None and (promised is not None or missing_variable(cause) is not None):
                raise cause from None
            return None
    body = (bundle / example).read_bytes()
    try:
        rows = loads(body)["inputs"]
        return _predicted(engine, rows, calls, given=True)
    except UnusableAnswer as refused:
        raise _unusable(refused) from refused
    except RequestRefused as refused:
        if refused.__cause__ is not None:
            raise refused.__cause__ from None
        hint = "Make the example like the rows that callers will send, or correct the signature."
        raise CheckFailed("predict", f"The example can not be used: {refused.detail}", hint=hint) from refused


def _predicted(engine: Engine, rows: list[Any], calls: CountedModel, *, given: bool) -> _Example:
    part, _ = engine.read(NATIVE, dumps({"inputs": rows}).encode())
    started = perf_counter()
    prediction = engine.predict_whole([part], part.rows)
    seconds = perf_counter() - started
    if seconds < _SLOW_SECONDS and calls.allows(
        1
    ):  # a first call may import and compile; that of a slow model tells enough
        started = perf_counter()
        prediction = engine.predict_whole([part], part.rows)
        seconds = perf_counter() - started
    try:
        prediction.json(0, prediction.size)
    except RequestRefused as refused:
        raise _unusable(refused) from refused
    return _Example(rows, part, prediction, seconds, given=given)


def _check_one_row(engine: Engine, found: _Example, calls: CountedModel) -> None:
    """Refuse a model whose answer to all rows of the example fits them by accident: a tuple of two answers to two rows."""
    if found.part.rows == 1 or found.seconds > _SLOW_SECONDS or not calls.allows(1):
        return
    part, _ = engine.read(NATIVE, dumps({"inputs": found.rows[:1]}).encode())
    try:
        engine.predict([part], 1)
    except UnusableAnswer as refused:
        raise _unusable(refused) from refused
    except RequestRefused:  # a model may want several rows
        return


def _unusable(refused: RequestRefused) -> CheckFailed:
    """The failure of an answer that can't be given to callers."""
    return CheckFailed("predict", refused.traceback or refused.detail, hint=refused.hint)


def _text(engine: Engine, part: RequestInputs) -> str:
    prediction = engine.predict_whole([part], part.rows)
    return prediction.json(0, prediction.size)


def _peak_memory() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
