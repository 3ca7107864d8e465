"""Limits for callers: requests a second and concurrent requests, for a key and for a model. Each gateway holds its part."""

import math
import time

from unshelf.contracts.routing import RequestLimits
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.routing.index import Table


class Limiter:
    """Holds one key, or one model, to its limits."""

    __slots__ = ("_at", "_burst", "_concurrency", "_held", "_rate", "_tokens", "limits")

    def __init__(self, limits: RequestLimits, gateway: int, gateways: int) -> None:
        self._held = 0
        self._at = time.monotonic()
        self._tokens = math.inf
        self.change(limits, gateway, gateways)

    def change(self, limits: RequestLimits, gateway: int, gateways: int) -> None:
        """Hold these limits from now on; what is under way goes on."""
        self.limits = limits
        self._rate = None if limits.rate is None else limits.rate / gateways
        self._burst = 0.0
        if limits.rate is not None:
            # A bucket that never holds a whole token would let nobody in.
            self._burst = max(1.0, (limits.burst or limits.rate) / gateways)
        self._concurrency = None if limits.concurrency is None else part_of(limits.concurrency, gateway, gateways)
        self._tokens = min(self._tokens, self._burst)

    def enter(self, whose: str) -> None:
        """Let a request in; `leave` ends it. Raises ProblemError (too_many_requests) beyond a limit; then nothing is to be ended."""
        if self._concurrency is not None and self._held >= self._concurrency:
            raise _refused(f"{whose} may have {self.limits.concurrency} requests at a time.", 1)
        if self._rate is not None:
            now = time.monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            if self._tokens < 1:
                wait = (1 - self._tokens) / self._rate
                raise _refused(f"{whose} may have {self.limits.rate:g} requests a second.", math.ceil(wait))
            self._tokens -= 1
        self._held += 1

    def leave(self) -> None:
        """A request that was let in is answered."""
        self._held -= 1


class Limiters:
    """The limiters of this gateway. They stay while a routing table names them, so a new one gives nobody a fresh start."""

    def __init__(self, gateway: int, gateways: int) -> None:
        self._gateway = gateway
        self._gateways = gateways
        self._limiters: dict[tuple[str, str], Limiter] = {}

    def enter_key(self, id: str, name: str, limits: RequestLimits) -> Limiter:
        """Let a key's request in. Raises ProblemError."""
        limiter = self._of(("key", id), limits)
        limiter.enter(f"The key {name!r}")
        return limiter

    def enter_model(self, name: str, limits: RequestLimits) -> Limiter:
        """Let a request to a model in. Raises ProblemError."""
        limiter = self._of(("model", name), limits)
        limiter.enter(f"The model {name!r}")
        return limiter

    def forget_missing(self, table: Table) -> None:
        """Forget keys and models that the table no longer limits."""
        for kind, name in list(self._limiters):
            route = table.key_by_id(name) if kind == "key" else table.models.get(name)
            if route is None or route.limits is None:
                del self._limiters[kind, name]

    def _of(self, key: tuple[str, str], limits: RequestLimits) -> Limiter:
        limiter = self._limiters.get(key)
        if limiter is None:
            limiter = self._limiters[key] = Limiter(limits, self._gateway, self._gateways)
        elif limiter.limits is not limits and limiter.limits != limits:
            limiter.change(limits, self._gateway, self._gateways)
        return limiter


def part_of(whole: int, gateway: int, gateways: int) -> int:
    """Divide a number of concurrent requests by the gateways: the parts add up to it, and each is at least one."""
    return max(1, whole // gateways + (gateway < whole % gateways))


def _refused(detail: str, retry_after: float) -> ProblemError:
    return ProblemError(
        "too_many_requests",
        detail,
        hint="Send fewer at a time, wait, or ask for a higher limit.",
        retry_after=retry_after,
    )
