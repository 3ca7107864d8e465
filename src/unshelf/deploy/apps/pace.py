"""Pace: how many answers a minute each token gets, counted in this process."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from unshelf.contracts.errors import TooManyRequests

_MINUTE = 60.0
_MOST = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class TokenPace:
    """A bucket for each token, which fills at the token's rate."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, token_id: str, a_minute: int) -> None:
        """Take one answer. Raises TooManyRequests when there is none left, with the seconds until there is."""
        with self._lock:
            moment = self._clock()
            if len(self._buckets) >= _MOST:
                self._buckets.clear()
            bucket = self._buckets.setdefault(token_id, _Bucket(left=a_minute, at=moment))
            bucket.left = min(a_minute, bucket.left + (moment - bucket.at) * a_minute / _MINUTE)
            bucket.at = moment
            if bucket.left < 1:
                raise TooManyRequests(
                    f"This app gives {a_minute} answers a minute here.",
                    retry_after=(1 - bucket.left) * _MINUTE / a_minute,
                )
            bucket.left -= 1
