"""The routing table on disk, for those who read it: the new one as soon as it is there, the last good one until then."""

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from unshelf.contracts.routing import RoutingTable
from unshelf.contracts.watching import keep_looking

logger = logging.getLogger(__name__)
_decoder = msgspec.json.Decoder(RoutingTable)


class PublishedTable:
    """The file that control replaces at each change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._complaint = ""

    def new(self) -> RoutingTable | None:
        """The table, if there is one that was not given yet. One that can't be read is told to the log, and is none."""
        try:
            facts = self._path.stat()
            # The facts are taken before the content is read: a table replaced in between is read again at the next look.
            seen = (facts.st_mtime_ns, facts.st_ino, facts.st_size)
            if seen == self._seen:
                return None
            content = self._path.read_bytes()
            self._seen = seen  # only now: a file that could not be opened just then can be the next time
            table = _decoder.decode(content)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                logger.error("the routing table can't be read; the last good one stays", extra={"error": str(error)})
            return None
        self._complaint = ""
        return table

    async def watch(self, look: Callable[[], object]) -> None:
        """Call `look` now, and whenever there may be a new one, until cancelled."""
        await keep_looking(self._path.parent, look)
