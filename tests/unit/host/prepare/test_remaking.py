"""An environment that can't be used as it lies there is made again from its lock, once, and what can't be is named."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.host.artifacts.test_environments import LOCK, PYTHON, StandInUv, a_store
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.artifacts.locks import Lock
from unshelf.host.errors import HostFailure
from unshelf.host.prepare import remaking
from unshelf.host.prepare.environments import EnvironmentBuilder
from unshelf.host.prepare.remaking import EnvironmentRemaker
from unshelf.host.prepare.turns import BuildTurns

NAME = LOCK.name


class StandInInterpreters:
    own = PYTHON

    async def choose(self, wanted: str) -> Any:
        assert wanted == PYTHON.version
        return PYTHON


class Workshop:
    """A store with one whole environment, whose lock is read as this machine would."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.uv = StandInUv()
        self.store = a_store(folder, self.uv)
        self.folder = folder / "environments" / NAME
        interpreters: Any = StandInInterpreters()
        builder = EnvironmentBuilder(interpreters=interpreters, environments=self.store, turns=BuildTurns())
        no_bundles: Any = None
        self.remaker = EnvironmentRemaker(builder, no_bundles, lambda: {NAME: ""})

        async def own_lock(store: EnvironmentStore, text: str, interpreter: Any, name: str) -> Lock:
            assert text == LOCK.text
            return LOCK

        monkeypatch.setattr(EnvironmentStore, "own_lock", own_lock)
        asyncio.run(self.store.build(LOCK, PYTHON))

    def move_interpreter(self) -> None:
        python = self.folder / "bin" / "python"
        python.unlink()
        python.symlink_to("/opt/gone/python3.11.7/bin/python3.11")


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    yield Workshop(tmp_path, monkeypatch)


def test_what_is_whole_is_left_alone(workshop: Workshop) -> None:
    asyncio.run(workshop.remaker.ensure(NAME))
    assert workshop.uv.made == 1
    assert workshop.remaker.check().state == "ok"


def test_all_who_wait_for_one_get_it_and_it_is_made_once(workshop: Workshop) -> None:
    workshop.move_interpreter()
    assert not workshop.store.is_complete(NAME)

    async def story() -> None:
        await asyncio.gather(*(workshop.remaker.ensure(NAME) for _ in range(3)))

    asyncio.run(story())
    assert workshop.uv.made == 2
    assert workshop.store.is_complete(NAME)
    check = workshop.remaker.check()
    assert (check.state, check.name) == ("warn", "environments")
    assert NAME[:12] in check.detail


def test_nobody_has_to_ask_for_it(workshop: Workshop) -> None:
    workshop.move_interpreter()

    async def story() -> None:
        watching = asyncio.create_task(workshop.remaker.watch())
        while not workshop.store.is_complete(NAME):  # noqa: ASYNC110 -- a folder tells nobody
            await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    asyncio.run(asyncio.wait_for(story(), 20))


def test_what_can_not_be_made_again_is_named_and_tried_again_after_a_while(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.move_interpreter()
    workshop.uv.failure = HostFailure("build_failed", "The package index can't be reached.", hint="Check the network.")
    for _ in range(2):
        with pytest.raises(HostFailure, match="index can't be reached") as caught:
            asyncio.run(workshop.remaker.ensure(NAME))
        assert caught.value.retry_after
    assert workshop.uv.made == 2, "the second was not tried"
    check = workshop.remaker.check()
    assert (check.state, check.hint) == ("fail", "Check the network.")

    workshop.uv.failure = None
    monkeypatch.setattr(remaking, "_RETRY_SECONDS", 0.0)
    asyncio.run(workshop.remaker.ensure(NAME))
    assert workshop.remaker.check().state == "warn"


def test_one_whose_lock_is_gone_is_said_to_be_gone(workshop: Workshop) -> None:
    shutil.rmtree(workshop.folder)
    with pytest.raises(HostFailure, match="its folder is gone or may not be read"):
        asyncio.run(workshop.remaker.ensure(NAME))


def test_who_waits_long_is_told_when_to_ask_again(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remaking, "_WAIT_SECONDS", 0.0)
    workshop.move_interpreter()

    async def story() -> None:
        with pytest.raises(HostFailure, match="is being made again") as caught:
            await workshop.remaker.ensure(NAME)
        assert caught.value.retry_after
        assert workshop.remaker.check().state == "warn"
        await workshop.remaker.stop()

    asyncio.run(story())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_not_complete(workshop: Workshop) -> None:
    workshop.folder.chmod(0)
    try:
        assert not workshop.store.is_complete(NAME)
        assert workshop.store.kept_lock(NAME) is None
    finally:
        workshop.folder.chmod(0o700)


def test_what_raises_when_it_is_looked_at_is_not_complete(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_file", refused)
    assert not workshop.store.is_complete(NAME)


def test_one_whose_lock_is_gone_is_made_again_from_the_one_that_control_gives(workshop: Workshop) -> None:
    """Given an environment of which nothing is left, when control gives its lock, then it is made again; another's lock changes nothing."""
    shutil.rmtree(workshop.folder)

    async def story() -> None:
        with pytest.raises(HostFailure, match="with it the lock"):
            await workshop.remaker.ensure(NAME)
        assert workshop.remaker.lost_locks() == [NAME]
        workshop.remaker.give_lock("other", "x", "3.11")
        assert workshop.remaker.check().state == "fail"
        workshop.remaker.give_lock(NAME, LOCK.text, PYTHON.version)
        assert workshop.remaker.lost_locks() == []
        await workshop.remaker.ensure(NAME)
        assert workshop.store.is_complete(NAME)
        await asyncio.sleep(0)

    asyncio.run(story())
    assert workshop.remaker.check().state == "warn", "doctor tells that it was made again"
