"""`GET /metrics`: for Prometheus, with the token of a key that may see the models it counts."""

import asyncio
from collections.abc import Callable
from fnmatch import fnmatchcase

from unshelf.gateway.metrics.counters import Counters
from unshelf.gateway.metrics.deferred import Present
from unshelf.gateway.metrics.exposition import exposition
from unshelf.gateway.metrics.machine import processes_of, replicas_of, supervisor_pid
from unshelf.gateway.problems import NO_SNIFF, Refused
from unshelf.gateway.rsgi import Headers, HTTPProtocol
from unshelf.gateway.table import Caller


class MetricsRoute:
    """Answers scrapes. Whichever gateway is asked answers for all of them."""

    def __init__(self, counters: Counters, host_socket: str, deferred: Callable[[], Present]) -> None:
        self._counters = counters
        self._deferred = deferred
        self._host_socket = host_socket

    async def answer(self, headers: Headers, proto: HTTPProtocol, caller: Caller) -> None:
        """Sum up and answer. Raises Refused (forbidden) for a key that may only predict."""
        if caller.key.role == "predict":
            raise Refused(
                "forbidden", "a key with the role 'predict' can't read metrics",
                hint="ask an administrator for another: unshelf keys create prometheus --role deploy",
            )  # fmt: skip
        patterns = caller.patterns

        def allowed(model: str) -> bool:
            return patterns is None or any(fnmatchcase(model, pattern) for pattern in patterns)

        replicas = await replicas_of(self._host_socket)
        accept = headers.get("accept") or ""
        # A thousand models are a hundred thousand lines: they are written beside the loop, which goes on predicting.
        body, content_type = await asyncio.to_thread(
            lambda: exposition(
                self._counters,
                replicas,
                processes_of(supervisor_pid()),
                self._deferred(),
                allowed=allowed,
                accept=accept,
            )
        )
        proto.response_bytes(200, [("content-type", content_type), NO_SNIFF], body)
