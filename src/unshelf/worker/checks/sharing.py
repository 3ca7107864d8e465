"""Decides whether requests of different callers may share a batch: where it is known to be safe or asked for, and proved."""

from typing import Any

from ..engine import Engine
from .batch_equivalence import MOST_ROWS, Proof, prove_batchable
from .calls import CountedModel

_OFF = "batching is turned off: [batching] max_rows = 1"
_NEVER = "its maker says so: [batching] share = false"
_PARAMETERS = "a model with parameters"  # what a library's class does with them is not known
_ASKED = "its maker asks for it ([batching] share = true), but "


def prove_sharing(
    engine: Engine,
    inputs: dict[str, Any],
    rows: list[Any],
    batching: dict[str, Any],
    *,
    timeout: float,
    calls: CountedModel,
    has_parameters: bool,
) -> Proof:
    """Whether requests may share a batch. Either every step of the model is known to answer each row alone, or its maker asks
    for it (`batching`, as in the manifest); and it is proved with these rows and others made from them."""
    most_rows, share = batching.get("max_rows", MOST_ROWS), batching.get("share")
    if most_rows < 2:
        return Proof(False, _OFF)
    if share is False:
        return Proof(False, _NEVER)
    mixing = calls.mixing_step() or (_PARAMETERS if has_parameters else "")
    if mixing and not share:
        return Proof(False, f"{mixing} is not known to answer each row alone; [batching] share = true has it tried")
    proof = prove_batchable(
        engine, inputs, rows, calls=calls, timeout=timeout, most_rows=most_rows, thorough=bool(mixing)
    )
    return proof if proof.batchable or not share else Proof(False, _ASKED + proof.reason)
