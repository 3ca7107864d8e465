"""Recorded scores are profiled and drift like outputs: also where every answer stays what it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.component.monitor.test_performance_monitors import SCORED, ask, hour_of
from tests.support.diagnosing import SqlHere
from tests.support.judged import JudgedRecords
from tests.support.labelled import ADMIN
from unshelf.contracts.protocols.profiles import NumberProfile
from unshelf.monitor.diagnosis.bins import recorded_values
from unshelf.monitor.diagnosis.diagnosis import DiagnosisQuestion
from unshelf.monitor.diagnosis.records import BarChoice, list_rows
from unshelf.monitor.monitors.service import MonitorChange

COLUMN = "scores[2] 1"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[JudgedRecords]:
    made = JudgedRecords(tmp_path, SCORED)
    yield made
    made.close()


def sure(count: int, mean: float) -> list[float]:
    return np.clip(np.random.default_rng(count).normal(mean, 0.05, count), 0, 1).tolist()


def test_answers_that_get_unsure_are_drift_of_the_scores(world: JudgedRecords) -> None:
    """Given a classifier that goes on answering 1, less and less sure, then its outputs have drifted, and the scores are named."""
    world.monitors.change(ADMIN, "iris", "outputs", MonitorChange(reference="previous", window="hour"))
    ask(world, 2, sure(300, 0.9))
    ask(world, 1, sure(400, 0.6))
    world.intake.count_all()
    window = world.windows.window("iris", 1, hour_of(1), hour_of(0))
    assert window is not None
    profile = window.profile.columns[f"out:{COLUMN}"]
    assert isinstance(profile, NumberProfile)
    assert (profile.rows, profile.moments.mean) == (400, pytest.approx(0.6, abs=0.01))
    assert [name for name in window.profile.columns if "scores" in name] == [f"out:{COLUMN}"], (
        "of two classes one says all"
    )
    world.watch.look()
    with world.database.read() as session:
        newest = next(
            each for each in world.results.recent(session, "iris", "outputs", 1, most=5) if each.verdict.rows == 400
        )
    assert newest.verdict.status == "alarm"
    assert [(each.column, each.bad) for each in newest.verdict.columns] == [(COLUMN, True), ("output", False)]
    assert newest.verdict.columns[0].say == "mean 0.5969, was 0.8996"
    assert (
        world.finding("outputs_drifted").summary == f"Outputs of iris:1 have drifted from the window before: {COLUMN}."
    )


def test_rows_behind_a_score_are_listed(world: JudgedRecords) -> None:
    ask(world, 1, [0.9, 0.6, 0.7])
    question: Any = DiagnosisQuestion(
        model="iris", version=1, since=hour_of(2), until=hour_of(0), against="previous", before_since=hour_of(4)
    )
    columns = ["out:output", f"out:{COLUMN}"]
    found = list_rows(SqlHere(world.folder), question, BarChoice(), columns, 10)  # type: ignore[arg-type]
    assert sorted(round(row[-1], 3) for row in found.rows) == [0.6, 0.7, 0.9]
    assert recorded_values("out:scores[3] a: b") == "[each[3] for each in scores]"
    assert recorded_values("out:scores") == '"out_scores"'
