"""The folder of deferred predictions: who may take what, what a killed process leaves, and what is not ours in it."""

import os
import time
from pathlib import Path

import msgspec
import pytest

from unshelf.contracts.deferred import Damaged, DeferredAnswer, DeferredRequest
from unshelf.gateway.deferred.queue import DeferredQueue

HOUR = 3600


def an_id(number: int) -> str:
    return f"d{number:028x}"


def a_request(number: int = 1) -> DeferredRequest:
    return DeferredRequest(
        id=an_id(number), model="iris", version=2, reference="iris", protocol="native", key="k1", created_ns=5, content_type="",
        kind=1, header=0,
    )  # fmt: skip


def an_answer(number: int = 1) -> DeferredAnswer:
    return DeferredAnswer(
        id=an_id(number), model="iris", version=2, key="k1", outcome="succeeded", prediction_id="p", status=200,
        headers=[("content-type", "application/json")], created_ns=5, begun_ns=6, finished_ns=7,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deferred"


@pytest.fixture
def store(folder: Path) -> DeferredQueue:
    return DeferredQueue(folder)


def test_what_is_put_is_listed_taken_and_settled(store: DeferredQueue, folder: Path) -> None:
    store.put(a_request(), [b"ab", b"c"])
    store.put(a_request(2), [b""])
    assert [(ticket.id, ticket.model, ticket.version, ticket.size) for ticket in store.tickets().values()] == [
        (an_id(1), "iris", 2, 3), (an_id(2), "iris", 2, 0),
    ]  # fmt: skip
    assert store.find(an_id(1)) == (a_request(), False)

    lease = store.take(an_id(1))

    assert lease is not None
    assert (lease.request, lease.read_body(), lease.attempts) == (a_request(), b"abc", 1)
    assert DeferredQueue(folder).find(an_id(1)) == (a_request(), True)
    assert DeferredQueue(folder).take(an_id(1)) is None
    store.settle(lease, an_answer(), b"[1]")
    assert store.answer(an_id(1)) == (an_answer(), b"[1]")
    assert store.find(an_id(1)) is None
    assert list(DeferredQueue(folder).tickets()) == [an_id(2)]


def test_what_is_let_go_is_taken_again_and_counted(store: DeferredQueue, folder: Path) -> None:
    store.put(a_request(), [b"x"])
    for attempt in (1, 2, 3):
        lease = DeferredQueue(folder).take(an_id(1))
        assert lease is not None
        assert lease.attempts == attempt
        lease.close()
    store.uncount_attempt(an_id(1))
    lease = store.take(an_id(1))
    assert lease is not None
    assert lease.attempts == 3
    lease.close()


def test_a_request_whose_answer_is_there_is_only_removed(store: DeferredQueue, folder: Path) -> None:
    """Its gateway was killed between keeping the answer and removing the request."""
    store.put(a_request(), [b"x"])
    body = (folder / "requests" / an_id(1)).read_bytes()
    lease = store.take(an_id(1))
    assert lease is not None
    store.settle(lease, an_answer(), b"[1]")
    (folder / "requests" / an_id(1)).write_bytes(body)

    assert store.take(an_id(1)) is None
    assert store.tickets() == {}
    assert store.answer(an_id(1)) is not None


def test_with_an_answer_goes_what_is_left_of_its_request(store: DeferredQueue, folder: Path) -> None:
    """A caller who removes an answer between the two steps of settling doesn't find the request again, and nobody runs it twice."""
    store.put(a_request(), [b"x"])
    body = (folder / "requests" / an_id(1)).read_bytes()
    lease = store.take(an_id(1))
    assert lease is not None
    store.settle(lease, an_answer(), b"[1]")
    (folder / "requests" / an_id(1)).write_bytes(body)

    store.remove_answer(an_id(1))

    assert store.find(an_id(1)) is store.take(an_id(1)) is store.answer(an_id(1)) is None


@pytest.mark.parametrize("left", [0, 1, 20, 40, -1])
def test_a_torn_request_is_set_aside(store: DeferredQueue, folder: Path, left: int) -> None:
    store.put(a_request(), [b"0123456789"])
    path = folder / "requests" / an_id(1)
    path.write_bytes(path.read_bytes()[:left])

    lease = DeferredQueue(folder).take(an_id(1))

    if left == -1:  # the body alone is torn: whoever polls hears of it
        assert lease is not None
        with pytest.raises(Damaged):
            lease.read_body()
        store.settle(lease, an_answer(), b"{}")
    else:
        assert lease is None
    assert store.tickets() == {}
    assert [file.name for file in (folder / "damaged").iterdir()] == [f"requests-{an_id(1)}"]


def test_a_torn_answer_is_set_aside(store: DeferredQueue, folder: Path) -> None:
    store.put(a_request(), [b"x"])
    lease = store.take(an_id(1))
    assert lease is not None
    store.settle(lease, an_answer(), b"[1, 2, 3]")
    path = folder / "answers" / an_id(1)
    path.write_bytes(path.read_bytes()[:-2])

    assert store.answer(an_id(1)) is None
    assert (folder / "damaged" / f"answers-{an_id(1)}").exists()


def test_foreign_files_and_folders_are_set_aside(store: DeferredQueue, folder: Path) -> None:
    store.put(a_request(), [b"x"])
    (folder / "requests" / "notes.txt").write_text("hello")
    (folder / "requests" / "folder").mkdir()
    renamed = folder / "requests" / an_id(7)
    renamed.write_bytes((folder / "requests" / an_id(1)).read_bytes())

    assert list(store.tickets()) == [an_id(1)]
    assert sorted(file.name for file in (folder / "damaged").iterdir()) == [
        "requests-" + an_id(7), "requests-folder", "requests-notes.txt",
    ]  # fmt: skip


def test_a_disk_that_takes_nothing_leaves_nothing(folder: Path) -> None:
    store = DeferredQueue(folder)
    store.put(a_request(1), [b"x"])
    # A folder where the file should be written is a disk that refuses, for root too.
    (folder / "requests" / f".{an_id(2)}").mkdir()
    with pytest.raises(OSError, match="directory"):
        store.put(a_request(2), [b"x"])
    assert list(store.tickets()) == [an_id(1)]


def test_answers_are_kept_so_long_and_so_many(store: DeferredQueue, folder: Path) -> None:
    for number in range(1, 6):
        store.put(a_request(number), [b"x"])
        lease = store.take(an_id(number))
        assert lease is not None
        store.settle(lease, an_answer(number), b"x" * 1000)
        age = time.time() - 10 * HOUR + number * HOUR
        os.utime(folder / "answers" / an_id(number), (age, age))
    size = (folder / "answers" / an_id(5)).stat().st_size

    assert store.sweep(keep_seconds=8.5 * HOUR, max_bytes=1 << 30) == 1
    assert store.sweep(keep_seconds=8.5 * HOUR, max_bytes=2 * size) == 2
    assert [number for number in range(1, 6) if store.has_answer(an_id(number))] == [4, 5]


def test_answers_of_one_key_do_not_push_out_those_of_others(store: DeferredQueue, folder: Path) -> None:
    for number, key in enumerate(["quiet", "bad", "bad", "bad", "bad"], 1):
        store.put(a_request(number), [b"x"])
        lease = store.take(an_id(number))
        assert lease is not None
        store.settle(lease, msgspec.structs.replace(an_answer(number), key=key), b"x" * 1000)
        os.utime(folder / "answers" / an_id(number), (number, number))
    size = (folder / "answers" / an_id(5)).stat().st_size

    assert store.sweep(keep_seconds=1e12, max_bytes=2 * size + 100) == 3
    assert [number for number in range(1, 6) if store.has_answer(an_id(number))] == [1, 5], (
        "the quiet key's is the oldest"
    )


def test_what_killed_processes_left_is_swept_when_it_is_old(store: DeferredQueue, folder: Path) -> None:
    store.put(a_request(), [b"x"])
    lease = store.take(an_id(1))
    assert lease is not None
    lease.close()
    leavings = [folder / "requests" / f".{an_id(2)}", folder / "cancelled" / an_id(3), folder / "attempts" / an_id(3)]
    for path in leavings:
        path.write_bytes(b"")
    store.sweep(HOUR, 1 << 30)
    assert all(path.exists() for path in leavings)
    for path in [*leavings, folder / "attempts" / an_id(1)]:
        os.utime(path, (1, 1))
    store.sweep(HOUR, 1 << 30)
    assert not any(path.exists() for path in leavings)
    assert (folder / "attempts" / an_id(1)).exists(), "of a request that still waits"
