"""Labels and records become one right number, whichever of them comes first, late, twice or contradicting."""

import random
from collections.abc import Callable

import msgspec
import pytest

from tests.support.labelled import ADMIN, EVER, LabelledRecords
from unshelf.contracts.errors import InvalidInput
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Postponed
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.intake import QualityIntake, join_roles
from unshelf.monitor.performance.messages import JoinDayOrder
from unshelf.monitor.performance.service import question_of


def test_a_label_waits_for_its_prediction_and_is_joined_once_it_is_archived(world: LabelledRecords) -> None:
    assert world.label("p1", 1).waiting == 1
    assert world.joined().labelled == 0
    world.keep(world.call(0.1, answer=1), world.call(0.2, answer=0))
    sums = world.joined()
    assert (sums.rows, sums.labelled, sums.right) == (2, 1, 1)
    world.label("p2", 1)
    sums = world.joined()
    assert (sums.rows, sums.labelled, sums.right, sums.confusion) == (2, 2, 1, {"1": {"1": 1, "0": 1}})


def test_a_correction_replaces_the_label_in_the_sums(world: LabelledRecords) -> None:
    world.keep(world.call(0.1, answer=1))
    world.label("p1", 0)
    assert world.joined().right == 0
    corrected = world.label("p1", 1)
    assert (corrected.corrected, corrected.waiting) == (1, 0)
    sums = world.joined()
    assert (sums.labelled, sums.right) == (1, 1)


def test_rows_of_a_request_have_labels_of_their_own(world: LabelledRecords) -> None:
    world.keep(world.call(0.1, [[1.0, "a"], [2.0, "b"]], answer=1))
    world.label("p1", 1)
    sums = world.joined()
    assert (sums.labelled, sums.ambiguous) == (0, 1), "which row it is of is not known"
    world.label("p1", 1, row=0)
    world.label("p1", 0, row=1)
    sums = world.joined()
    assert (sums.rows, sums.labelled, sums.right, sums.ambiguous) == (2, 2, 1, 0)


def test_a_label_of_a_row_that_the_request_has_not_is_told(world: LabelledRecords) -> None:
    """Given a label of row 99, sent before its request of two rows was known, then its state says why it counts for nothing; once that
    is known, another one is refused by its line."""
    world.label("p1", 1, row=99)
    world.label("p1", 1, row=1)
    assert world.labels.summary(ADMIN, "iris").waiting == 2
    world.keep(world.call(0.1, [[1.0, "a"], [2.0, "b"]], answer=1))
    assert world.joined().labelled == 1
    summary = world.labels.summary(ADMIN, "iris")
    assert (summary.labels, summary.joined, summary.waiting, summary.strays) == (2, 1, 0, 1)
    listed = {each.row: each for each in world.labels.list_for(ADMIN, "iris", limit=9).items}
    assert [(each.is_joined, each.request_rows) for each in (listed[1], listed[99])] == [(True, None), (False, 2)]
    with pytest.raises(InvalidInput, match="1 of the 1 labels can't be taken") as refused:
        world.label("p1", 0, row=2)
    (fault,) = refused.value.errors
    assert (fault.row, fault.column, fault.expected, fault.got) == (
        0,
        "row",
        "a row from 0 to 1, as the request has",
        "2",
    )
    assert world.label("p1", 0, row=1).corrected == 1
    found = world.quality.show(ADMIN, question_of("iris", None, *EVER))
    assert any(note.startswith("1 labels name a row that their request has not") for note in found.notes)


def test_labels_by_key_are_of_all_rows_with_the_key_and_the_later_one_counts(world: LabelledRecords) -> None:
    world.keep(world.call(0.1, [[1.0, "a"], [2.0, "b"]], answer=1), world.call(30, [[1.0, "a"]], answer=0))
    world.label_key("a", 1)
    sums = world.joined()
    assert (sums.rows, sums.labelled, sums.right) == (3, 2, 1)
    world.label("p2", 0)
    assert world.joined().right == 2, "the label of the prediction came later"
    world.label_key("a", 0)
    sums = world.joined()
    assert (sums.labelled, sums.right) == (2, 1)


def test_only_days_whose_labels_or_records_changed_are_read(world: LabelledRecords) -> None:
    world.keep(world.call(0.1, answer=1, id="0" * 28), world.call(30, answer=1))
    first = 1_793_577_600_000 + 3_600_000  # milliseconds of the first day's first hour
    id = f"{first:012x}{'0' * 16}"
    world.keep(world.call(1.0, answer=1, id=id))
    world.label(id, 1)
    world.joined()
    before = world.joins.orders
    world.joined()
    assert world.joins.orders == before
    world.keep(world.call(100, answer=1))
    world.joined()
    assert world.joins.orders == before + 1, "of the new day alone"
    world.label(id, 0)
    world.joined()
    assert world.joins.orders <= before + 3, "of the day of its id and those beside it"


def test_roles_that_change_join_all_days_anew(world: LabelledRecords) -> None:
    world.keep(world.call(0.1, answer=3))
    world.label("p1", 5)
    assert world.joined().right == 0
    world.roles = ColumnRoles(prediction="output", task="regression")
    sums = world.joined()
    assert sums.numbers is not None
    assert (sums.confusion, sums.numbers.errors) == ({}, -2.0)
    assert join_roles(ColumnRoles(task="ranking")) is None
    assert join_roles(ColumnRoles(task="classification", scores="p")) is None


def test_a_day_that_cannot_be_read_leaves_the_others(world: LabelledRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    world.keep(world.call(0.1, answer=1), world.call(30, answer=1))
    world.label("p2", 1)
    own = type(world.joins).order

    def failing(intake: object, scratch: object, days: list[JoinDayOrder]) -> object:
        spoilt = [msgspec.structs.replace(day, labels=["nowhere"]) if day.day == "2026-11-02" else day for day in days]
        return own(intake, scratch, spoilt)  # type: ignore[arg-type]

    monkeypatch.setattr(type(world.joins), "order", failing)
    with pytest.raises(Exception, match="merged or moved"):
        world.joined()
    assert world.quality.sums("iris", None, *EVER).labelled == 1


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_records_labels_corrections_and_repetitions_ends_in_the_same_sums(
    world: LabelledRecords, seed: int
) -> None:
    chance = random.Random(seed)
    answers = {f"p{number}": chance.randint(0, 1) for number in range(1, 13)}
    calls = [world.call(chance.uniform(0, 60), answer=answer) for answer in answers.values()]
    truths: dict[str, int] = {}
    acts: list[tuple[str, object]] = [("keep", each) for each in calls] + [("join", None)] * 3
    acts += [("label", (chance.choice(list(answers)), chance.randint(0, 1))) for _ in range(20)]
    chance.shuffle(acts)
    for what, given in acts:
        if what == "keep":
            world.keep(given)  # type: ignore[arg-type]
        elif what == "join":
            world.joined()
        else:
            id, value = given  # type: ignore[misc]
            for _ in range(chance.randint(1, 2)):
                world.label(id, value)
            truths[id] = value
    sums = world.joined()
    assert (sums.rows, sums.labelled) == (12, len(truths))
    assert sums.right == sum(answers[id] == value for id, value in truths.items())


def test_a_day_that_failed_is_joined_again_later_and_later_until_it_works(
    world: LabelledRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.keep(world.call(0.1, answer=1))
    world.label("p1", 1)
    world.intake.count_all()
    real = type(world.joins).order

    def fails(self: QualityIntake, scratch: object, days: list[JoinDayOrder]) -> object:
        return [msgspec.structs.replace(each, problem="The disk is away.") for each in real(self, scratch, days)]  # type: ignore[arg-type]

    monkeypatch.setattr(type(world.joins), "order", fails)
    waits = []
    for attempts in (1, 2, 3, 30):
        claim = Claim(loop="performance", key="iris 1", token="t", attempts=attempts)
        with pytest.raises(Postponed) as later:
            world.joins._join("iris", claim)
        waits.append(later.value.seconds)
    assert waits == [60, 120, 240, 6 * 3600]
    assert world.joined().labelled == 0
    monkeypatch.undo()
    assert world.joined().labelled == 1


def test_classes_are_named_as_truths_and_answers_are() -> None:
    found = join_roles(ColumnRoles(task="classification", prediction="y", scores="p", classes=("False", "True", "1.0")))
    assert found is not None
    assert found.classes == ["false", "true", "1"]


def test_a_server_that_stops_begins_nothing_more(world: LabelledRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    world.keep(world.call(1, answer=1))
    world.label("p1", 1)
    world.intake.count_all()

    def asked(*_: object, watch: Callable[[], None], **__: object) -> None:
        world.joins.stop()
        watch()

    monkeypatch.setattr(world.joins._processes, "ask_for", asked)
    monkeypatch.setattr(type(world.joins), "order", QualityIntake.order)
    with pytest.raises(Postponed, match="stops"):
        world.joins.join_all()
    assert world.quality.sums("iris", None, *EVER).rows == 0
