"""Scorings from one step to the next: read, scored, written, delivered; what is cut off or can't be done now is done again."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.deploy.scorings.conftest import ScoringShop
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.data import DataProblem
from unshelf.deploy.scorings import work as work_module
from unshelf.deploy.scorings.scoring import Scoring
from unshelf.develop.datasets.processes import ProcessKilled

KILLED = DataProblem(code="invalid_input", detail="Reading took more memory or time than it may.")


def shown(shop: ScoringShop, id: str) -> Scoring:
    return shop.service.show(shop.ana, id)


def scored(shop: ScoringShop, **fields: object) -> str:
    """A scoring whose job has ended, and whose results are to be written."""
    id = shop.begin(**fields)
    shop.step()
    assert shown(shop, id).state == "scoring"
    shop.answer(id, [10, 20, 30])
    return id


def test_a_table_is_read_scored_and_written(shop: ScoringShop) -> None:
    id = scored(shop)
    shop.step()
    found = shown(shop, id)
    assert (found.state, found.scored, found.failed, found.columns) == ("succeeded", 3, 0, ["a", "prediction"])
    content = b"".join(shop.service.file(shop.ana, id, "predictions.parquet")[1])
    assert pq.read_table(pa.BufferReader(content)).to_pylist() == [{"a": n, "prediction": 10 * n} for n in (1, 2, 3)]
    assert len(list((shop.folder / "predictions").glob("*.seg"))) == 1
    assert not (shop.folder / "predictions" / "staging" / "scorings" / id).exists()


def test_columns_to_keep_that_there_are_not_end_it_before_a_row_is_predicted(shop: ScoringShop) -> None:
    id = shop.begin(keep=["city"])
    shop.step()
    found = shown(shop, id)
    assert (found.state, found.job, "no column 'city' to keep" in found.reason) == ("failed", None, True)


def test_a_step_whose_process_is_killed_is_done_again_some_times(shop: ScoringShop) -> None:
    id = scored(shop)
    shop.processes.failures = [ProcessKilled(KILLED)]
    (pause,) = shop.step()
    assert (pause, shown(shop, id).state, shown(shop, id).reason) == (2.0, "writing", KILLED.detail)
    shop.again_now()
    shop.step()
    assert (shown(shop, id).state, shown(shop, id).reason) == ("succeeded", "")

    gone = scored(shop)
    shop.processes.failures = [ProcessKilled(KILLED) for _ in range(10)]
    for _ in range(6):
        shop.again_now()
        shop.step()
    assert (shown(shop, gone).state, shown(shop, gone).reason) == ("failed", KILLED.detail)
    assert len(shop.processes.failures) == 5


def test_while_a_server_is_away_the_results_wait_and_what_is_left_is_removed_in_the_end(
    shop: ScoringShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Unavailable("The database can't be reached.", hint="Look at it.")
    discarded: list[str] = []
    answers: list[Exception | str] = [away, "data://warehouse/public.scores"]

    def deliver(*_: object) -> str:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(shop.work._delivery, "deliver", deliver)
    monkeypatch.setattr(shop.work._delivery, "discard", lambda _actor, row: discarded.append(row.id))
    id = scored(shop, out="data://scored")
    shop.step()
    assert shown(shop, id).reason == "The database can't be reached. Look at it."
    shop.again_now()
    shop.step()
    assert (shown(shop, id).state, shown(shop, id).written) == ("succeeded", "data://warehouse/public.scores")

    answers[:] = [away]
    monkeypatch.setattr(work_module, "_MOST_TRIES", 3)
    late = scored(shop, out="data://scored")
    for _ in range(4):
        shop.again_now()
        shop.step()
    assert (shown(shop, late).state, discarded) == ("failed", [late])


def test_who_cancels_while_results_are_written_gets_none(shop: ScoringShop) -> None:
    id = scored(shop)
    shop.work.follow()
    shop.service.cancel(shop.ana, id)
    shop.step()
    assert shown(shop, id).state == "cancelled"
    assert not list((shop.folder / "predictions").glob("*.seg"))
