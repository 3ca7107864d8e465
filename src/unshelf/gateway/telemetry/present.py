"""The versions whose series are shown: those of the routing table, and for a last scrape those that have just left it."""

import time
from collections.abc import Callable, Mapping

from unshelf.contracts.routing import ModelRoute

LAST_SCRAPE_SECONDS = 15.0
"""How long series are shown after the removal: the usual time between two scrapes."""


class PresentVersions:
    """Follows the routing table."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._versions: dict[str, frozenset[int]] = {}
        self._removed: dict[tuple[str, int], float] = {}
        """When each left; version 0 stands for the model."""

    def changed(self, models: Mapping[str, ModelRoute | None]) -> None:
        """Take note of models that changed; None: removed."""
        now = self._clock()
        self._removed = {key: at for key, at in self._removed.items() if now - at < LAST_SCRAPE_SECONDS}
        for name, route in models.items():
            before = self._versions.pop(name, None)
            after = None if route is None else frozenset(route.versions)
            if after is not None:
                self._versions[name] = after
            if before is None:
                continue
            for version in before - (after or frozenset()):
                self._removed[name, version] = now
            if after is None:
                self._removed[name, 0] = now

    def shows(self, model: str, version: int) -> bool:
        """Whether series with these labels are shown; version 0: of the model as a whole, no model: of none."""
        known = self._versions.get(model)
        if not model or (known is not None and (not version or version in known)):
            return True
        return self._clock() - self._removed.get((model, version), -LAST_SCRAPE_SECONDS) < LAST_SCRAPE_SECONDS
