"""Batches of labels are stored whole or not at all, and the history of each stays."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.actors import actor, user
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.clock import now
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.records.labels.label import MOST_LABELS, LabelRule, LabelSent
from unshelf.records.labels.service import (
    LabelService,
    days_around,
    labels_of,
    latest_numbers,
    mark_joined,
    models_with_labels,
)

ADMIN = actor()


@pytest.fixture
def labels(tmp_path: Path) -> Iterator[LabelService]:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/labels.db")
    Base.metadata.create_all(database.engine)
    yield LabelService(database, lambda _: LabelRule(kind="class", classes=("a", "b")))
    database.dispose()


def sent(id: str, value: object, **facts: object) -> LabelSent:
    return LabelSent(prediction_id=id, value=value, **facts)  # type: ignore[arg-type]


def test_a_batch_says_what_became_of_it(labels: LabelService) -> None:
    added = labels.add(ADMIN, "iris", [sent("p1", "a"), sent("p1", "a"), sent("p2", "c", row=1), sent("p1", "b")])
    assert (added.accepted, added.duplicates, added.corrected, added.waiting) == (3, 1, 1, 3)
    assert "'c'" in added.warnings[0]
    summary = labels.summary(ADMIN, "iris")
    assert (summary.labels, summary.joined, summary.waiting, summary.corrections) == (2, 0, 2, 1)
    assert summary.first_at is not None


def test_nothing_of_a_batch_is_stored_where_a_label_is_wrong(labels: LabelService) -> None:
    with pytest.raises(InvalidInput, match="25 of the 26 labels can't be taken; none was stored") as caught:
        labels.add(ADMIN, "iris", [sent("p1", "a"), *[sent("", "a")] * 25])
    assert (len(caught.value.errors), caught.value.errors[0].row) == (20, 1)
    assert labels.summary(ADMIN, "iris").labels == 0
    for batch in ([], [sent("p", "a")] * (MOST_LABELS + 1)):
        with pytest.raises(InvalidInput, match="A batch has 1 to 10,000 labels"):
            labels.add(ADMIN, "iris", batch)


def test_the_history_of_a_prediction_stays(labels: LabelService) -> None:
    for value in ("a", "b", "a"):
        labels.add(ADMIN, "iris", [sent("p1", value)], source="audit")
    labels.add(ADMIN, "iris", [LabelSent(key="p1", value="b", at=now())])
    (latest,) = labels.list_for(ADMIN, "iris", prediction_id="p1", limit=10).items
    assert (latest.value, latest.is_latest, latest.source, latest.row, latest.key) == ("a", True, "audit", None, None)
    history = labels.list_for(ADMIN, "iris", prediction_id="p1", history=True, limit=10).items
    assert [each.value for each in history] == ["a", "b", "a"]
    (by_key,) = labels.list_for(ADMIN, "iris", key="p1", limit=10).items
    assert (by_key.key, by_key.prediction_id, by_key.value) == ("p1", None, "b")
    first = labels.list_for(ADMIN, "iris", history=True, limit=3)
    rest = labels.list_for(ADMIN, "iris", history=True, limit=3, cursor=first.next_cursor)
    assert [each.number for each in first.items + rest.items] == [4, 3, 2, 1]


def test_a_correction_of_a_joined_label_does_not_wait(labels: LabelService) -> None:
    labels.add(ADMIN, "iris", [sent("p1", "a"), sent("p2", "a")])
    with labels._database.transaction() as session:
        mark_joined(session, [1])
    assert labels.add(ADMIN, "iris", [sent("p1", "b"), sent("p2", "b")]).waiting == 1


def test_who_may_send_and_who_may_read(labels: LabelService) -> None:
    with labels._database.transaction() as session:
        place_model(session, "iris", "risk")
    labels.add(user("zoe", risk="labeller"), "iris", [sent("p1", "a")])
    with pytest.raises(Forbidden):
        labels.summary(user("zoe", risk="labeller"), "iris")
    assert labels.summary(user("vera", risk="validator"), "iris").labels == 1
    with pytest.raises(Forbidden):
        labels.add(user("vera", risk="validator"), "iris", [sent("p1", "b")])
    for nobody in (user("otto"), user("otto", other="owner")):
        with pytest.raises(NotFound):
            labels.add(nobody, "iris", [sent("p1", "b")])


def test_joins_are_asked_for_in_the_transaction_of_the_labels(labels: LabelService) -> None:
    heard: list[object] = []
    labels.on_labels(lambda _session, model, number: heard.append((model, number)), lambda: heard.append("after"))
    labels.add(ADMIN, "iris", [sent("p1", "a"), sent("p2", "a")])
    labels.add(ADMIN, "iris", [sent("p1", "a")])
    assert heard == [("iris", 2), "after"], "duplicates change nothing"


def test_labels_of_a_day_are_its_own_and_those_that_tell_none(labels: LabelService) -> None:
    moment = now()
    ids = [f"{round((moment - timedelta(days=days)).timestamp() * 1000):012x}{'0' * 16}" for days in (0, 1, 9)]
    labels.add(ADMIN, "iris", [*[sent(id, "a") for id in ids], LabelSent(key="k", value="a")])
    labels.add(ADMIN, "other", [sent("p", "a")])
    with labels._database.read() as session:
        day = moment.date().isoformat()
        assert {row.target for row in labels_of(session, "iris", ["", *days_around(day)])} == {ids[0], ids[1], "k"}
        assert latest_numbers(session, "iris")[""] == 4
        assert models_with_labels(session) == ["iris", "other"]
    assert days_around("2026-03-01") == ["2026-02-28", "2026-03-01", "2026-03-02"]
    assert labels.prune(None) == 0
    assert (labels.prune(5), labels.prune(5)) == (1, 0)
    assert labels.summary(ADMIN, "iris").labels == 3
