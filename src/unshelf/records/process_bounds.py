"""Bounds of a short-lived process that works on data of users: low priority, limited memory and time, first to be killed."""

import contextlib
import math
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from unshelf.records.without_pandas import without_pandas
from unshelf.runtime.machine.background import run_in_background

_NICENESS = 10
_HEADROOM_BYTES = 1 << 30
"""Memory for the interpreter and the libraries' own structures, beyond that of the data."""
_GRACE_CPU_SECONDS = 30


def bound_process(*, memory_bytes: int, seconds: float, threads: int) -> None:
    """Set bounds that hold whatever this process does."""
    run_in_background(_NICENESS)
    with contextlib.suppress(OSError):  # a kernel without it
        Path("/proc/self/oom_score_adj").write_text("1000")
    most = memory_bytes + _HEADROOM_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cpu_seconds = math.ceil(seconds * threads) + _GRACE_CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))


def answer_order(shape: Any, carry_out: Callable[[Any], Any]) -> int:
    """Carry out the order on standard input, a struct with `limits`, within them; its answer goes to standard output. Returns the exit
    status."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=shape)
    limits = order.limits
    bound_process(memory_bytes=limits.memory_bytes, seconds=limits.seconds, threads=limits.threads)
    without_pandas()
    sys.stdout.buffer.write(msgspec.json.encode(carry_out(order)))
    sys.stdout.buffer.flush()
    return 0
