"""Garbage collection: unused bundles, environments and uploads go, also when the host was away at the time they should have gone."""

import logging
from collections.abc import Callable, Sequence

from unshelf.deploy.bundles.service import BundleService
from unshelf.foundation.loops.loops import PeriodicLoop

logger = logging.getLogger(__name__)


def garbage_collection(
    bundles: BundleService,
    *,
    prune: Sequence[Callable[[], object]] = (),
    every: float = 3600.0,
    soon: float = 60.0,
) -> PeriodicLoop:
    """Return the loop that collects at once and then every hour; after an unfinished collection, the next comes within a minute.

    `prune`: what else deletes what is old, each time."""

    def collect() -> float | None:
        swept = bundles.sweep_uploads()
        if swept:
            logger.info("deleted uploads that never became a bundle", extra={"blobs": swept})
        for each in prune:
            each()
        return None if bundles.collect() else soon

    return PeriodicLoop(name="garbage_collection", act=collect, every=every, retry=soon)
