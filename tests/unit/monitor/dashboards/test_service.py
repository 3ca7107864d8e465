"""The dashboard of a model: from its first request on, with and without a reference, and for whom."""

from datetime import timedelta

import pytest

from tests.support.actors import actor, user
from tests.support.windows import BEGIN, CountedRecords, at
from tests.unit.monitor.windows.test_service import stored
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.foundation.access.model_scopes import place_model
from unshelf.monitor.columns.column_roles import ColumnRoles, MissingRole
from unshelf.monitor.dashboards.dashboard import Dashboard
from unshelf.monitor.dashboards.service import DashboardService, asked_of

ADMIN = actor()
LABEL = MissingRole(role="label", cost="It costs something.", how="Add it.")


def dashboards(records: CountedRecords, live: int | None = None) -> DashboardService:
    def roles_of(model: str, version: int) -> ColumnRoles:
        if version > 1:
            raise NotFound("There is none.")
        return ColumnRoles(prediction="output", task="classification", missing=(LABEL,))

    with records.database.transaction() as session:
        place_model(session, "iris", "risk")
    return DashboardService(
        records.database, records.windows, roles_of=roles_of, versions_of=lambda _: [1, 2], live_of=lambda _: live
    )


def shown(records: CountedRecords, since: float = 0, until: float = 24, version: int | None = None) -> Dashboard:
    return dashboards(records).show(ADMIN, asked_of("iris", version, at(since), at(until)))


def test_a_model_that_was_never_asked_has_a_dashboard(records: CountedRecords) -> None:
    found = shown(records)
    assert (found.state, found.words) == ("unknown", ("iris has not been asked for anything yet.",))
    assert (found.shown_version, found.columns, found.latest, found.reference.kind) == (2, (), None, None)


def test_with_no_label_baseline_or_setting_it_shows_traffic_and_says_what_to_add(records: CountedRecords) -> None:
    records.keep(
        *(records.call(hour, [[float(hour), "a"]]) for hour in range(5)),
        records.call(2.5, status=500, code="model_failed"),
    )
    records.intake.count_all()
    found = shown(records)
    assert (found.facts.requests, found.facts.failed, found.step_hours) == (6, 1, 1)
    assert [each.facts.requests for each in found.steps] == [1, 1, 2, 1, 1]
    assert (found.state, found.shown_version, found.versions) == ("failing", 1, {1: 6})
    assert {each.column for each in found.columns} == {"in:x", "in:who", "out:output"}
    assert all(each.drift is None and len(each.steps) == 5 for each in found.columns)
    assert (found.reference.kind, found.reference.first_requests, found.reference.first_wanted) == (None, 5, 1000)
    assert found.missing == (LABEL,)
    assert any("first 1,000 requests become the reference" in each for each in found.words)


def test_drift_from_the_baseline_puts_its_columns_first(records: CountedRecords) -> None:
    records.baselines[1] = stored(x=[float(n) for n in range(500)], who=["a", "b"] * 250)
    records.keep(*(records.call(1 + n / 100, [[900.0 + n, "ab"[n % 2]]]) for n in range(200)))
    records.intake.count_all()
    found = shown(records)
    assert (found.state, found.reference.kind, found.reference.rows) == ("attention", "baseline", 500)
    first = found.columns[0]
    assert (first.column, first.reference, first.drift is not None and first.drift.drifted) == (
        "in:x",
        "baseline",
        True,
    )
    assert first.before is not None
    assert (first.before.maximum, first.now.minimum) == (499.0, 900.0)
    assert next(each for each in found.columns if each.column == "in:who").drift.drifted is False  # type: ignore[union-attr]
    assert any(each.startswith("x is no longer like the training data") for each in found.words)


def test_a_long_range_is_shown_by_the_day_and_compared_with_the_time_before(records: CountedRecords) -> None:
    records.keep(*(records.call(-24 * day + 1) for day in range(8) for _ in range(10)))
    records.intake.count_all()
    found = shown(records, -24 * 3, 24)
    assert (found.step_hours, [each.facts.requests for each in found.steps]) == (24, [10, 10, 10, 10])
    assert found.requests_before == 40
    assert shown(records, -24 * 6, 24).requests_before is None, "there are records of a part of it alone"
    assert "about as often as in the time before" in found.words[0]


def test_one_version_alone_and_one_that_is_gone(records: CountedRecords) -> None:
    records.keep(records.call(0.1), records.call(0.2), records.call(0.3, version=7))
    records.intake.count_all()
    alone = shown(records, version=1)
    assert (alone.facts.requests, alone.shown_version, alone.words[0][:14]) == (2, 1, "iris:1 was ask")
    gone = shown(records, version=7)
    assert (gone.facts.requests, gone.missing) == (1, ())


def test_what_is_made_of_values_takes_the_right_to_read_records(records: CountedRecords) -> None:
    records.keep(records.call(0.1))
    records.intake.count_all()
    service = dashboards(records)
    question = asked_of("iris", None, at(0), at(24))
    viewer = service.show(user("vera", risk="viewer"), question)
    assert (viewer.facts.requests, viewer.reads_records, viewer.columns) == (1, False, ())
    assert service.show(user("carl", risk="contributor"), question).reads_records
    with pytest.raises(NotFound):
        service.show(user("sam", other="owner"), question)


def test_a_column_beside_its_reference(records: CountedRecords) -> None:
    records.baselines[1] = stored(x=[float(n) for n in range(500)], who=["a", "b"] * 250)
    records.keep(*(records.call(1 + n / 100, [[250.0, "z"]]) for n in range(50)))
    records.intake.count_all()
    service = dashboards(records)
    question = asked_of("iris", None, at(0), at(24))
    who = service.column(ADMIN, question, "in:who")
    assert who.labels == ["a", "b", "all others"]
    assert (who.reference, who.window, who.drift is not None and who.drift.drifted) == (
        [0.5, 0.5, 0.0],
        [0.0, 0.0, 1.0],
        True,
    )
    answer = service.column(ADMIN, question, "out:output")
    assert (answer.reference, answer.before, answer.drift) == ([], None, None)
    assert sum(answer.window) == pytest.approx(1.0)
    nothing = service.column(ADMIN, question, "in:nothing")
    assert (nothing.labels, nothing.window, nothing.now) == ([], [], None)


def test_a_range_that_can_not_be_is_said() -> None:
    with pytest.raises(InvalidInput, match="range of time"):
        asked_of("iris", None, at(2), at(1))
    week = asked_of("iris", None, None, BEGIN)
    assert (week.since, week.until) == (BEGIN - timedelta(days=7), BEGIN)


def test_of_all_versions_together_the_live_one_s_columns_are_shown_if_it_was_asked(records: CountedRecords) -> None:
    records.keep(records.call(0.1), records.call(0.2), records.call(0.3, version=2))
    records.intake.count_all()
    question = asked_of("iris", None, at(0), at(24))
    assert dashboards(records).show(ADMIN, question).shown_version == 1
    assert dashboards(records, live=2).show(ADMIN, question).shown_version == 2
    assert dashboards(records, live=9).show(ADMIN, question).shown_version == 1


def test_steps_are_windows_of_predictions_where_monitors_have_them(records: CountedRecords) -> None:
    """Given windows of 3 predictions, then traffic and columns are shown by them, of the version whose columns are shown; the whole is
    that of the range."""
    records.intake.sizes_of = lambda _session, _model: {3, 5}
    records.keep(*(records.call(1 + number / 10, [[float(number), "a"]]) for number in range(7)))
    records.intake.count_all()
    service = dashboards(records)
    found = service.show(ADMIN, asked_of("iris", None, at(0), at(24), 3))
    assert (found.window, found.window_sizes, found.shown_version) == (3, (3, 5), 1)
    assert [each.facts.requests for each in found.steps] == [3, 3, 1], "the last is not closed"
    column = next(each for each in found.columns if each.name == "x")
    assert [(each.start, each.summary.mean) for each in column.steps] == [
        (step.start, mean) for step, mean in zip(found.steps, (1.0, 4.0, 6.0), strict=True)
    ]
    assert found.facts.requests == 7 and column.now.rows == 7
    assert [each.facts.requests for each in service.show(ADMIN, asked_of("iris", 1, at(0), at(24), 5)).steps] == [5, 2]
    of_time = service.show(ADMIN, asked_of("iris", None, at(0), at(24)))
    assert (of_time.window, [each.start for each in of_time.steps]) == (None, [at(1)])
    none = service.show(ADMIN, asked_of("iris", None, at(0), at(24), 700))
    assert (none.steps, none.window_sizes) == ((), (3, 5))
    later = service.show(ADMIN, asked_of("iris", None, at(48), at(72), 3))
    assert (later.steps, later.window_sizes) == ((), ())
