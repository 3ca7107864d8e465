"""Rows asked of a version one at a time, as a caller would, with a purpose that nothing counts as use."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import msgspec

from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.contracts.records import InternalPurpose
from unshelf.deploy.checks.report import Failure, Latency

Predict = Callable[[DoorRequest], DoorOutcome]
"""Asks a gateway; raises Unavailable when none answers."""
MOST_FAILURES = 20
_SUCCESS = 200


@dataclass
class Outcomes:
    """The outcomes of rows."""

    asked: int = 0
    outputs: dict[int, Any] = field(default_factory=dict)
    """Row → its output, of those that were answered."""
    failed: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def latency(self) -> Latency | None:
        """Return the milliseconds that asking took; None when nothing was asked."""
        times = sorted(self.milliseconds)
        if not times:
            return None
        at = [times[max(0, math.ceil(share * len(times)) - 1)] for share in (0.5, 0.95)]
        return Latency(median=round(at[0], 3), p95=round(at[1], 3), slowest=round(times[-1], 3))


def ask_rows(
    predict: Predict, actor: str, reference: str, rows: Sequence[Any], *, whole: bool, seconds: float,
    clock: Callable[[], float] = monotonic, purpose: InternalPurpose = "check",
) -> Outcomes:  # fmt: skip
    """Ask for each row alone, until the time is over. `whole`: the version's answer is one for all rows, which go together.

    Raises Unavailable when no gateway answers."""
    found = Outcomes()
    began = clock()
    for place, inputs in [(0, list(rows))] if whole else ((place, [row]) for place, row in enumerate(rows)):
        if found.asked and clock() - began >= seconds:
            break
        before = clock()
        body = msgspec.json.encode({"inputs": inputs})
        outcome = predict(DoorRequest(actor=actor, reference=reference, purpose=purpose, body=body))
        found.milliseconds.append((clock() - before) * 1000)
        found.asked += len(inputs)
        if outcome.status != _SUCCESS:
            found.failed[outcome.code or str(outcome.status)] += len(inputs)
            if len(found.failures) < MOST_FAILURES:
                found.failures.append(_failure(place, outcome))
            continue
        outputs = msgspec.json.decode(outcome.body)["outputs"]
        for offset in range(len(inputs)):
            found.outputs[place + offset] = outputs if whole else outputs[0]
    return found


def _failure(row: int, outcome: DoorOutcome) -> Failure:
    """Return the failure, without what a row holds: a report is read by more people than its data."""
    try:
        problem = msgspec.json.decode(outcome.body)
    except msgspec.DecodeError:
        problem = {}
    faults = problem.get("errors") or []
    detail = str(problem.get("detail", ""))
    if faults:
        first = faults[0]
        column = f"column {first['column']!r}: " if first.get("column") else ""
        detail = f"{column}expected {first.get('expected', 'something else')}"
    return Failure(row=row, code=outcome.code or str(outcome.status), detail=detail[:300])
