"""The line to the host, with a watch: how often a worker was asked for, and how long it took to be given."""

import time

from unshelf.contracts.protocols.host import Awake, Failed
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.workers.host_client import HostClient


class CountingHostClient(HostClient):
    """A Host that counts its wakes."""

    def __init__(self, socket_name: str, counters: Counters) -> None:
        super().__init__(socket_name)
        self._counters = counters

    async def wake(self, model: str, version: int, not_address: str | None) -> Awake | Failed:
        """As Host."""
        begun = time.perf_counter()
        answer = await super().wake(model, version, not_address)
        if isinstance(answer, Awake):
            self._counters.woken(model, version, answer.how, time.perf_counter() - begun)
        return answer
