"""Instances of classes given as models: made with their arguments, loaded with the folder or without, awaited where they must."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from unshelf.worker.loaders.classes import make_instance
from unshelf.worker.loaders.event_loop import settled


class WithFolder:
    def load(self, folder: Path) -> None:
        self.loaded = [folder]

    def predict(self, rows: Any) -> Any:
        return rows


class WithoutFolder(WithFolder):
    def __init__(self, start: int = 0) -> None:
        self.start = start

    def load(self) -> None:  # type: ignore[override]
        self.loaded = [self.start]


class LoadedLater(WithFolder):
    async def load(self, folder: Path) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        self.loaded = [folder.name, asyncio.get_running_loop()]


@pytest.mark.parametrize(
    ("kind", "init", "loaded"),
    [(WithFolder, {}, [Path("/b")]), (WithoutFolder, {}, [0]), (WithoutFolder, {"start": 2}, [2])],
)
def test_load_is_called_with_what_it_takes(kind: type, init: dict[str, Any], loaded: list[Any]) -> None:
    assert make_instance(kind, Path("/b"), method="predict", init=init).loaded == loaded


def test_an_asynchronous_load_is_awaited_on_the_loop_of_the_answers() -> None:
    async def loop() -> Any:
        return asyncio.get_running_loop()

    made = make_instance(LoadedLater, Path("/b"), method="predict", init={})
    assert made.loaded == ["b", settled(loop())]


def test_a_class_without_load_is_only_made() -> None:
    assert make_instance(dict, Path("/b"), method="keys", init={"a": 1}) == {"a": 1}
