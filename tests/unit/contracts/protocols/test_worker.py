"""Reports of workers as they are read."""

from typing import Any

import msgspec
import pytest

from unshelf.contracts.protocols.worker import (
    CheckPassed,
    CheckStep,
    WorkerFailed,
    WorkerOutOfMemory,
    WorkerReport,
    WorkerServing,
    WorkerUsed,
    read_report,
)


@pytest.mark.parametrize(
    ("value", "report"),
    [
        ({"event": "serving", "load_seconds": 1}, WorkerServing(load_seconds=1.0)),
        ({"event": "used", "requests": 3, "last_used": 2.5}, WorkerUsed(requests=3, last_used=2.5)),
        ({"event": "out_of_memory"}, WorkerOutOfMemory()),
        ({"event": "step", "step": "load"}, CheckStep(step="load")),
        (
            {"event": "checked", "python": "3.11.7", "load_seconds": 0.5, "memory_bytes": 1},
            CheckPassed(python="3.11.7", load_seconds=0.5, memory_bytes=1),
        ),
        ({"event": "failed", "step": "load", "reason": "\udcff"}, WorkerFailed(step="load", reason="\udcff")),
    ],
)
def test_a_report_is_read_by_its_event(value: dict[str, Any], report: WorkerReport) -> None:
    assert read_report(value) == report


@pytest.mark.parametrize(
    "value", [None, [], {}, {"event": "dancing"}, {"event": "step"}, {"event": "used", "requests": "3"}]
)
def test_what_is_no_report_is_refused(value: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        read_report(value)
