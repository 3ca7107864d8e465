"""Following predictions ends with its follower."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from unshelf.records.archive.files import Archive
from unshelf.records.selection import Selection
from unshelf.records.service import PredictionService


def test_a_follower_that_leaves_ends_its_work(tmp_path: Path) -> None:
    """Given a follower that waits, when it goes, then the generator ends at once and holds no thread."""

    async def scenario() -> None:
        lines: AsyncIterator[bytes] = PredictionService(Archive(tmp_path), None, str).lines(  # type: ignore[arg-type]
            Selection(model="iris"), tail=1, follow=True
        )
        waiting = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(StopAsyncIteration):
            await anext(lines)

    asyncio.run(asyncio.wait_for(scenario(), 5))
