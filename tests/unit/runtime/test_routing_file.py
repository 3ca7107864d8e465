"""The routing state as its readers see it: only what changed, the last good parts when one is damaged, each fault told once."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.routing import publish_routing
from unshelf.contracts.routing import (
    KeyRoute,
    ModelRoute,
    RequestLimits,
    RoutingTable,
    Share,
    VersionRoute,
    part_digest,
)
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.runtime.routing_file import RoutingChange, RoutingReader, RoutingWatch, read_routing

SIGNATURE = Signature(inputs=Columns(columns=[Column(name="x", type="float64")]))


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run the test in an event loop of its own."""

    @wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    return run


def model(*versions: int, live: int | None = None) -> ModelRoute:
    route = VersionRoute(bundle="b", environment="e", signature=SIGNATURE)
    shares = [] if live is None else [Share(version=live, percent=100.0)]
    return ModelRoute(versions=dict.fromkeys(versions, route), release=shares)


def key(id: str) -> KeyRoute:
    return KeyRoute(id=id, name=id)


def table(generation: int, models: dict[str, ModelRoute], keys: dict[str, KeyRoute] | None = None) -> RoutingTable:
    return RoutingTable(generation=generation, models=models, keys=keys or {})


def replace_index(run: Path, content: bytes) -> None:
    unnamed = run / "routing" / ".next"
    unnamed.write_bytes(content)
    unnamed.replace(run / "routing" / "index.json")


def part_file(run: Path, name: str) -> Path:
    parts = RoutingReader(run)
    parts.read()
    return run / "routing" / f"{parts._loaded[name]}.json"


def test_the_whole_state_is_read_by_a_process_that_needs_it_once(tmp_path: Path) -> None:
    state = RoutingTable(
        generation=7,
        models={"iris": model(1, 2, live=2)},
        keys={"aa1": key("k1"), "bb2": key("k2")},
        warm={"e": ["numpy"]},
    )
    publish_routing(tmp_path, state)
    assert read_routing(tmp_path) == state


def test_no_field_of_a_model_is_lost(tmp_path: Path) -> None:
    full = ModelRoute(
        versions=model(1, 2).versions, aliases={"champion": 1}, release=[Share(version=2, percent=100.0)], paused=True,
        limits=RequestLimits(rate=5.0), project="credit", visibility="internal", has_quota=True,
        origins=["https://shop.example.org"],
    )  # fmt: skip
    bare = ModelRoute(versions=full.versions)
    same = [
        each.name for each in msgspec.structs.fields(ModelRoute) if getattr(full, each.name) == getattr(bare, each.name)
    ]
    assert same == ["versions"]  # every other field is another than its default
    publish_routing(tmp_path, table(1, {"iris": full}))
    assert read_routing(tmp_path).models == {"iris": full}


def test_without_a_publication_the_state_is_empty(tmp_path: Path) -> None:
    assert read_routing(tmp_path) == RoutingTable(generation=0)


def test_only_what_changed_is_given_and_only_once(tmp_path: Path) -> None:
    reader = RoutingReader(tmp_path)
    publish_routing(tmp_path, table(1, {"iris": model(1), "rose": model(1)}, {"aa1": key("k1"), "bb2": key("k2")}))
    first = reader.read()
    assert first is not None
    assert (sorted(first.models), sorted(first.keys), reader.read()) == (["iris", "rose"], ["aa", "bb"], None)

    publish_routing(tmp_path, table(2, {"iris": model(1, 2), "fern": model(1)}, {"bb2": key("k2"), "bb3": key("k3")}))
    second = reader.read()
    assert second == RoutingChange(
        generation=2,
        models={"iris": model(1, 2), "fern": model(1), "rose": None},
        keys={"aa": {}, "bb": {"bb2": key("k2"), "bb3": key("k3")}},
    )


@pytest.mark.parametrize(
    "content", [b"{broken", b"", b'{"generation": "two"}', b"\xff", b'{"generation": 9, "format": 99}']
)
def test_a_broken_index_is_told_once_and_the_next_good_one_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    reader = RoutingReader(tmp_path)
    publish_routing(tmp_path, table(1, {"iris": model(1)}))
    reader.read()
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            replace_index(tmp_path, content)
            assert [reader.read(), reader.read()] == [None, None]
    assert [record.message for record in caplog.records] == [
        "The routing index can't be read; the last good one stays in force."
    ]
    publish_routing(tmp_path, table(3, {"rose": model(1)}))
    assert reader.read() == RoutingChange(generation=3, models={"rose": model(1), "iris": None})


def test_an_index_that_could_not_be_opened_is_read_as_soon_as_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = RoutingReader(tmp_path)
    publish_routing(tmp_path, table(1, {}))

    def fail(_: Path) -> bytes:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", fail)
        assert [reader.read(), reader.read()] == [None, None]
    assert reader.read() == RoutingChange(generation=1, warm={})


@pytest.mark.parametrize("damage", ["flipped", "cut", "gone"])
def test_a_damaged_part_is_told_once_and_the_rest_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    reader = RoutingReader(tmp_path)
    publish_routing(tmp_path, table(1, {"iris": model(1), "rose": model(1)}))
    reader.read()
    publish_routing(tmp_path, table(2, {"iris": model(1, 2), "rose": model(1, 2, 3)}))
    file = part_file(tmp_path, "models/iris")
    sound = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(sound[:-9] if damage == "cut" else sound.replace(b'"b"', b'"c"'))

    with caplog.at_level(logging.ERROR):
        assert reader.read() == RoutingChange(generation=2, models={"rose": model(1, 2, 3)}, unreadable=1)
        assert [reader.read(), reader.read()] == [None, None]
    assert [record.part for record in caplog.records] == ["models/iris"]  # type: ignore[attr-defined]

    file.write_bytes(sound)
    assert reader.read() == RoutingChange(generation=2, models={"iris": model(1, 2)})
    assert reader.read() is None


def test_a_part_of_another_shape_is_no_reason_to_stop(tmp_path: Path) -> None:
    publish_routing(tmp_path, table(1, {"rose": model(1)}))
    odd = b'{"versions": {"1": {"bundle": 7}}}'
    (tmp_path / "routing" / f"{part_digest(odd)}.json").write_bytes(odd)
    index = (tmp_path / "routing" / "index.json").read_bytes()
    replace_index(tmp_path, index.replace(b'"parts":{', b'"parts":{"models/odd":"%b",' % part_digest(odd).encode()))
    change = RoutingReader(tmp_path).read()
    assert change is not None
    assert (sorted(change.models), change.unreadable) == (["rose"], 1)


def test_the_work_is_done_in_slices_of_a_version(tmp_path: Path) -> None:
    publish_routing(tmp_path, table(1, {"iris": model(*range(1, 51)), "rose": model(1)}))
    pauses: list[int] = []
    RoutingReader(tmp_path).read(lambda: pauses.append(1))
    assert len(pauses) >= 51


@in_loop
async def test_a_change_is_applied_by_the_loop_and_what_was_published_before_a_question_is_known_after_it(
    tmp_path: Path,
) -> None:
    known: list[int] = []
    watch = RoutingWatch(tmp_path, lambda change: known.append(change.generation))
    for generation in range(1, 20):
        publish_routing(tmp_path, table(generation, {"iris": model(generation)}))
        assert watch.is_stale()
        await asyncio.gather(*(watch.catch_up() for _ in range(3)))
        assert known[-1] == generation
        assert not watch.is_stale()


@in_loop
async def test_one_who_stops_waiting_does_not_take_the_change_away(tmp_path: Path) -> None:
    known: list[int] = []
    watch = RoutingWatch(tmp_path, lambda change: known.append(change.generation))
    publish_routing(tmp_path, table(1, {"iris": model(1)}))
    impatient = asyncio.create_task(watch.catch_up())
    await asyncio.sleep(0)
    impatient.cancel()
    await watch.catch_up()
    assert known == [1]


@in_loop
async def test_a_publication_is_noticed_and_a_part_is_tried_again(tmp_path: Path) -> None:
    changes: asyncio.Queue[RoutingChange] = asyncio.Queue()
    publish_routing(tmp_path, table(1, {"iris": model(1)}))
    file = part_file(tmp_path, "models/iris")
    sound = file.read_bytes()
    file.write_bytes(b"{")
    watching = asyncio.create_task(RoutingWatch(tmp_path, changes.put_nowait).watch())
    async with asyncio.timeout(10):
        assert (await changes.get()).unreadable == 1
        file.write_bytes(sound)
        assert (await changes.get()).models == {"iris": model(1)}
        publish_routing(tmp_path, table(2, {"iris": model(2)}))
        assert (await changes.get()).models == {"iris": model(2)}
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
