"""Ids are unique, sort by age and fit into URLs."""

import re
import threading
from datetime import UTC, datetime, timedelta

from unshelf.foundation.ids import first_id_of, id_after, new_id


def test_later_ids_sort_after_earlier_ones() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_needs_no_escaping_anywhere() -> None:
    assert re.fullmatch(r"[0-9a-z]{26}", new_id())


def test_threads_never_make_the_same() -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend([new_id() for _ in range(1000)])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 4000


def test_the_first_id_of_a_moment_divides_earlier_from_later_ones() -> None:
    now = datetime.now(UTC)
    made = new_id()
    assert first_id_of(now, timedelta(seconds=-1)) < made < first_id_of(now, timedelta(minutes=1))
    assert len(first_id_of(datetime(1, 1, 1, tzinfo=UTC))) == len(made)


def test_an_id_after_others_sorts_after_them_whatever_the_clock_said_then() -> None:
    ahead = first_id_of(datetime.now(UTC), timedelta(days=400))
    later = id_after([new_id(), ahead, "zzz", "no id at all, but of 26 cha"])
    assert ahead < later < first_id_of(datetime.now(UTC), timedelta(days=401))
    assert new_id() < later < id_after([later])
    assert id_after([]) < new_id()
