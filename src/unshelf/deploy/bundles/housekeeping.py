"""Housekeeping: nobody's bundles, environments and uploads go, also when the host was away at the time they should have gone."""

import logging
import threading
from collections.abc import Callable, Sequence

from unshelf.deploy.bundles.service import BundleService

logger = logging.getLogger(__name__)


class Housekeeping:
    """A thread that tidies at once and then every hour; after an unfinished tidying, the next comes within a minute."""

    def __init__(
        self,
        bundles: BundleService,
        *,
        more: Sequence[Callable[[], object]] = (),
        hourly: float = 3600.0,
        soon: float = 60.0,
    ) -> None:
        """`more`: what else is to be tidied with it."""
        self._bundles = bundles
        self._more = more
        self._hourly = hourly
        self._soon = soon
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, at the latest when what is being tidied is done."""
        self._ended.set()

    def _run(self) -> None:
        pause = 0.0
        while not self._ended.wait(pause):
            pause = self._soon
            try:
                swept = self._bundles.sweep_uploads()
                for tidy in self._more:
                    tidy()
                if self._bundles.tidy():
                    pause = self._hourly
            except Exception:  # the thread must outlive a full disk or a locked database: it tries again
                logger.exception("housekeeping failed")
                continue
            if swept:
                logger.info("deleted uploads that never became a bundle", extra={"blobs": swept})
