"""`GET /metrics`: for Prometheus, with the token of a key that may see the models it counts."""

import asyncio
from collections.abc import Callable, Mapping

from unshelf.contracts.permissions import Permission
from unshelf.contracts.routing import ModelRoute
from unshelf.gateway.errors import NO_SNIFF, ProblemError
from unshelf.gateway.http.exchange import Exchange
from unshelf.gateway.http.response import Response
from unshelf.gateway.routing.index import Caller
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.telemetry.deferred import Present
from unshelf.gateway.telemetry.exposition import exposition
from unshelf.gateway.telemetry.present import PresentVersions
from unshelf.gateway.telemetry.processes import processes_of, replicas_of, supervisor_pid


class MetricsRoute:
    """Answers scrapes. Any gateway answers for all of them."""

    def __init__(
        self,
        counters: Counters,
        host_socket: str,
        deferred: Callable[[], Present],
        models: Callable[[], Mapping[str, ModelRoute]],
        present: PresentVersions,
    ) -> None:
        """`models`: those of the routing table in force."""
        self._present = present
        self._models = models
        self._counters = counters
        self._deferred = deferred
        self._host_socket = host_socket

    async def answer(self, exchange: Exchange, caller: Caller) -> None:
        """Sum up and answer. Raises ProblemError (forbidden) for a key without the permission."""
        if Permission.METRICS_READ not in caller.key.permissions:
            raise ProblemError(
                "forbidden", f"The key {caller.key.name!r} lacks the permission {Permission.METRICS_READ}.",
                hint="Ask an administrator for another: `unshelf keys create prometheus --role deploy`.",
            )  # fmt: skip
        models = self._models()

        def allowed(model: str) -> bool:
            return caller.is_unlimited or caller.may_call(model, models.get(model))

        replicas = await replicas_of(self._host_socket)
        accept = exchange.headers.get("accept") or ""
        # A thousand models are a hundred thousand lines: they are written beside the loop, which goes on predicting.
        body, content_type = await asyncio.to_thread(
            lambda: exposition(
                self._counters,
                replicas,
                processes_of(supervisor_pid()),
                self._deferred(),
                allowed=allowed,
                shows=self._present.shows,
                accept=accept,
            )
        )
        exchange.respond(Response(200, (("content-type", content_type), NO_SNIFF), body))
