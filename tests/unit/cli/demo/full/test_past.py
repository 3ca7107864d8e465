"""The past of the demo: records of the records' own format, by day, as the models themselves would have answered."""

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.control import Control
from tests.support.segments import records_in
from unshelf.cli.demo.full.past import DAYS, fill
from unshelf.cli.demo.full.sklearn_models import train
from unshelf.cli.demo.full.stage import Stage
from unshelf.contracts.records import PredictionRecord

KEYS = [{"name": name, "id": f"id-of-{name}"} for name in ("branch-office", "marketing", "ward-round")]


@pytest.fixture
def records(control: Control, stage: Stage, tmp_path: Path) -> list[PredictionRecord]:
    control.reply("GET", "/api/v1/keys", {"keys": KEYS, "next_cursor": None})
    (tmp_path / "predictions").mkdir()
    stage.home = tmp_path
    said = fill(stage)
    segments = sorted((tmp_path / "predictions").glob("*.seg"))
    found = records_in(segments)
    assert (len(segments), said) == (DAYS, f"{len(found)} predictions on {DAYS} days")
    return found


def test_a_platform_of_somebody_keeps_its_own_past(stage: Stage) -> None:
    assert fill(stage).startswith("none")


def test_there_are_weeks_of_it_none_of_today_and_ids_sort_by_time(records: list[PredictionRecord]) -> None:
    days = {record.time_ns // (86_400 * 10**9) for record in records}
    today = int(time.time() // 86_400)
    assert days == set(range(today - DAYS, today))
    assert len({record.id for record in records}) == len(records)
    by_time = sorted(records, key=lambda record: record.time_ns // 10**6)
    assert [record.id[:12] for record in by_time] == sorted(record.id[:12] for record in records)


def test_answers_are_the_models_own(records: list[PredictionRecord]) -> None:
    training, frame = train(), train().patients.frame
    mine = [
        each for each in records if each.model == "diabetes-progression" and each.version == 2 and each.status == 200
    ]
    rows = [msgspec.json.decode(each.input)["inputs"][0] for each in mine[:20]]
    asked: Any = type(frame)(rows)[list(frame)]
    given = [msgspec.json.decode(each.output)[0] for each in mine[:20]]
    assert given == training.progress_forest.predict(asked).tolist()


def test_one_model_fails_at_noon_and_one_drifts(records: list[PredictionRecord]) -> None:
    failed = [each for each in records if each.code == "overloaded"]
    assert {each.model for each in failed} == {"next-offer"} and len(failed) > 5
    assert {each.key for each in failed} == {"id-of-marketing"}
    patients = [each for each in records if each.model == "diabetes-progression" and each.status == 200]
    patients.sort(key=lambda each: each.time_ns)
    bmi = [msgspec.json.decode(each.input)["inputs"][0]["bmi"] for each in patients]
    third = len(bmi) // 4
    assert sum(bmi[-third:]) / third > sum(bmi[:third]) / third + 2
