"""The join of records with labels, piece by piece."""

from typing import Any

import pyarrow as pa
import pytest

from unshelf.monitor.performance.joining import MOST_VALUES, DayJoin, columns_in
from unshelf.monitor.performance.labels_file import Labels, target_of
from unshelf.monitor.performance.messages import JoinRoles
from unshelf.monitor.performance.sums import OTHERS, QualitySums

HOUR_NS = 3600 * 10**9


def records(**columns: list[Any]) -> pa.Table:
    """Answered requests, a column each; `time` in hours."""
    count = len(next(iter(columns.values())))
    hours = columns.pop("time", [0] * count)
    table = {"id": [f"p{number}" for number in range(count)], "status": [200] * count} | columns
    times = pa.array([round(hour * HOUR_NS) for hour in hours], pa.int64()).cast(pa.timestamp("ns"))
    return pa.table(table).append_column("time", times)


def labels(*rows: tuple[str, int, bool, str]) -> Labels:
    """Labels of target, row, whether it names the row, and JSON value; numbered from 1."""
    table = pa.table(
        {
            "number": pa.array(range(1, len(rows) + 1), pa.int64()), "target": pa.array([row[0] for row in rows], pa.string()),
            "row": pa.array([row[1] for row in rows], pa.int64()), "names_row": pa.array([row[2] for row in rows], pa.bool_()),
            "value": pa.array([row[3] for row in rows], pa.string()), "is_joined": pa.array([False] * len(rows), pa.bool_()),
        }
    )  # fmt: skip
    return Labels(table, target_of(table.column("target"), table.column("row")).combine_chunks())


def by_key(*rows: tuple[str, str]) -> Labels:
    found = labels(*((key, 0, False, value) for key, value in rows))
    return Labels(found.table, found.table.column("target").combine_chunks())


def joined(
    roles: JoinRoles, ids: Labels, table: pa.Table, keys: Labels | None = None
) -> dict[int, dict[str, QualitySums]]:
    join = DayJoin(roles, ids, keys or by_key())
    for start in range(0, table.num_rows, 3):
        join.add(table.slice(start, 3), columns_in(table.schema, roles))
    return join.hours()


def test_probabilities_are_of_the_row_that_they_stand_at() -> None:
    roles = JoinRoles(task="classification", scores="p", classes=["no", "yes"])
    table = records(out_p=[[0.9, 0.1, 0.2, 0.8], [0.3, 0.7]])
    total = joined(roles, labels(("p0", 0, True, '"no"'), ("p0", 1, True, '"yes"'), ("p1", 0, False, '"no"')), table)[
        0
    ][""]
    assert (total.rows, total.labelled, total.right) == (3, 3, 2)
    assert total.confusion == {"no": {"no": 1, "yes": 1}, "yes": {"yes": 1}}
    assert total.scores is not None
    assert total.scores.brier == pytest.approx(2 * (0.1**2 + 0.2**2 + 0.7**2))


def test_scores_beside_the_answer_are_of_the_row_that_they_stand_at() -> None:
    """Given scores that were recorded beside the answer, one request without, then each row has its own."""
    roles = JoinRoles(task="classification", prediction="y", scores="predict_proba", classes=["no", "yes"])
    table = records(out_y=[["no", "yes"], ["yes"], ["no"]])
    scores = pa.array([[[0.9, 0.1], [0.2, 0.8]], None, [[0.7, 0.3]]], pa.list_(pa.list_(pa.float32())))
    sent = labels(
        ("p0", 0, True, '"no"'), ("p0", 1, True, '"yes"'), ("p1", 0, False, '"yes"'), ("p2", 0, False, '"yes"')
    )
    total = joined(roles, sent, table.append_column("scores", scores))[0][""]
    assert (total.labelled, total.right) == (4, 3)
    assert total.scores is not None
    assert (total.scores.rows, total.scores.brier) == (3, pytest.approx(2 * (0.1**2 + 0.2**2 + 0.7**2)))


def test_one_score_of_two_classes_is_of_the_second() -> None:
    roles = JoinRoles(task="classification", prediction="y", scores="p", classes=["no", "yes"])
    table = records(out_y=[["yes"], ["no"]], out_p=[[0.8], [0.4]])
    total = joined(roles, labels(("p0", 0, False, '"yes"'), ("p1", 0, False, '"yes"')), table)[0][""]
    assert total.scores is not None
    assert total.scores.brier == pytest.approx(2 * (0.2**2 + 0.6**2))
    assert total.right == 1


def test_truth_and_answer_are_compared_as_what_they_mean() -> None:
    roles = JoinRoles(task="classification", prediction="y")
    as_truths = joined(
        roles, labels(("p0", 0, False, "1"), ("p1", 0, False, '"False"')), records(out_y=[[True], [True]])
    )
    assert (as_truths[0][""].right, as_truths[0][""].labelled) == (1, 2)
    as_numbers = joined(roles, labels(("p0", 0, False, '"1"'), ("p1", 0, False, "1.0")), records(out_y=[[1], [1]]))
    assert as_numbers[0][""].right == 2


def test_hours_and_slices_are_summed_apart_and_failed_requests_left_out() -> None:
    roles = JoinRoles(task="regression", prediction="y", slices=["region"])
    table = records(
        time=[0, 0.5, 1, 1.5],
        out_y=[[1.0], [2.0], [3.0], [4.0]],
        in_region=[["n"], ["s"], ["n"], [None]],
        status=[200, 200, 200, 500],
    )
    hours = joined(roles, labels(*((f"p{number}", 0, False, "1") for number in range(4))), table)
    assert {hour: sums[""].rows for hour, sums in hours.items()} == {0: 2, 1: 1}
    assert {name: sums.labelled for name, sums in hours[0].items()} == {"": 2, "region=n": 1, "region=s": 1}
    numbers = hours[0]["region=s"].numbers
    assert numbers is not None
    assert (numbers.rows, numbers.errors) == (1, 1.0)


def test_labels_that_no_answer_can_be_held_against_are_counted_so() -> None:
    roles = JoinRoles(task="regression", prediction="y")
    table = records(out_y=[[1.0], [None], [float("nan")], None])
    total = joined(
        roles,
        labels(("p0", 0, False, '"text"'), ("p1", 0, False, "1"), ("p2", 0, False, "1"), ("p3", 0, False, "1")),
        table,
    )[0][""]
    assert (total.rows, total.labelled, total.unusable) == (3, 0, 3), "values of the last are not known"


def test_keys_of_numbers_and_a_column_with_other_rows() -> None:
    roles = JoinRoles(task="classification", prediction="y", key="order", slices=["order"])
    table = records(out_y=[[1], [1], [0, 0]], in_order=[[7], [8], [7]])
    total = joined(roles, labels(), table, by_key(("7", "1")))[0]
    assert (total[""].rows, total[""].labelled, total[""].right) == (4, 1, 1)
    assert set(total) == {"", "order=7", "order=8"}


def test_of_many_values_the_rarest_are_one_slice() -> None:
    roles = JoinRoles(task="classification", prediction="y", slices=["s"])
    table = records(out_y=[[1] * 120], in_s=[[str(number % 60) for number in range(120)]])
    slices = joined(roles, labels(), table)[0]
    assert len(slices) == MOST_VALUES + 2
    assert slices[f"s={OTHERS}"].rows == 20


def test_files_without_the_columns_have_nothing() -> None:
    assert joined(JoinRoles(task="classification", prediction="other"), labels(), records(out_y=[[1]])) == {}


def test_rankings_are_measured_by_query() -> None:
    """Given two requests, one of which asks about two queries, then each query is ranked by itself, by hour and slice."""
    roles = JoinRoles(task="ranking", prediction="y", query="q", slices=["who"])
    table = records(
        out_y=[[0.9, 0.8, 0.1, 0.2], [0.5, 0.6]], in_q=[["a", "a", "b", "b"], ["a", "a"]],
        in_who=[["x", "x", "y", "y"], ["y", "y"]],
    )  # fmt: skip
    sent = labels(("p0", 1, True, "1"), ("p0", 2, True, "3"), ("p1", 1, True, "true"), ("p1", 0, True, '"no number"'))
    found = joined(roles, sent, table)[0]
    assert (found[""].rows, found[""].labelled, found[""].unusable) == (6, 3, 1)
    ranking = found[""].ranking
    assert ranking is not None
    assert (ranking.queries, ranking.totals["mrr"], ranking.totals["hit_rate@1"]) == (3, 0.5 + 0.5 + 1.0, 1.0)
    of_y = found["who=y"].ranking
    assert of_y is not None and (of_y.queries, of_y.totals["mrr"]) == (2, 1.5)
    whole = joined(JoinRoles(task="ranking", prediction="y"), sent, table)[0][""].ranking
    assert whole is not None and whole.queries == 2, "without the role a request is a query"


def test_confidence_is_counted_of_all_rows_and_rightness_of_labelled_ones() -> None:
    """Given three answered rows of which two have labels, then estimates know the confidence of all, and which of the two were right."""
    roles = JoinRoles(
        task="classification", prediction="y", scores="predict_proba", classes=["no", "yes"], slices=["who"]
    )
    table = records(out_y=[["no"], ["yes"], ["yes"], ["other"]], in_who=[["a"], ["a"], ["b"], ["b"]])
    scores = pa.array([[[0.9, 0.1]], [[0.2, 0.8]], [[0.4, 0.6]], [[0.5, 0.5]]], pa.list_(pa.list_(pa.float32())))
    sent = labels(("p0", 0, False, '"no"'), ("p2", 0, False, '"no"'))
    found = joined(roles, sent, table.append_column("scores", scores))[0]
    confidence = found[""].confidence
    assert confidence is not None
    assert (sum(confidence.rows.values()), sum(confidence.labelled.values()), sum(confidence.right.values())) == (
        3,
        2,
        1,
    )
    of_a = found["who=a"].confidence
    assert of_a is not None and (sum(of_a.rows.values()), sum(of_a.labelled.values())) == (2, 1)


def test_what_is_no_probability_gives_no_confidence() -> None:
    roles = JoinRoles(task="classification", prediction="y", scores="decision_function", classes=["no", "yes"])
    table = records(out_y=[["no"]])
    scores = pa.array([[[-1.5, 2.0]]], pa.list_(pa.list_(pa.float32())))
    assert joined(roles, labels(), table.append_column("scores", scores))[0][""].confidence is None


def test_the_loss_is_counted_by_bins_of_inputs_and_prediction() -> None:
    """Given quantities with and without labels, one input missing and one with gaps, then each row lies in a bin of each column."""
    edges = {"prediction": [2.0], "x": [0.0], "gone": [1.0]}
    roles = JoinRoles(task="regression", prediction="y", edges=edges)
    table = records(out_y=[[1.0], [3.0], [4.0]], in_x=[[-1.0], [1.0], [None]])
    sums = joined(roles, labels(("p1", 0, False, "2.5"), ("p2", 0, False, "4")), table)[0][""].losses
    assert sums is not None
    assert sums.rows == [3, 1, 2, 0, 1, 1, 1, 0, 0, 3]
    assert sums.labelled[:10] == [2, 0, 2, 0, 0, 1, 1, 0, 0, 2]
    assert (sums.absolute[0], sums.squares) == (0.5, 0.25)
    none = joined(JoinRoles(task="regression", prediction="y"), labels(), table)[0][""]
    assert none.losses is None
