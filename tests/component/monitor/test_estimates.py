"""Estimates of quality against the truth that came later: real data, recorded hour by hour, joined by the real join."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.support import archive
from tests.support.labelled import ADMIN, LabelledRecords
from tests.support.segments import record
from tests.support.windows import BEGIN, HOUR, at
from unshelf.contracts.records import PredictionRecord, pack_scores
from unshelf.contracts.signature import RecordedScores
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.quality import ModelQuality
from unshelf.monitor.performance.service import question_of
from unshelf.records.archive.compaction import write_parquet
from unshelf.records.labels.label import LabelSent


class ScoredRecords(LabelledRecords):
    """A classifier whose scores are recorded beside its answers, without any other setting."""

    def __init__(self, folder: Path, classes: list[str]) -> None:
        super().__init__(folder)
        self.roles = ColumnRoles(
            prediction="output", scores="predict_proba", classes=tuple(classes), task="classification"
        )
        scores = RecordedScores(method="predict_proba", classes=classes)
        self._signature = msgspec.structs.replace(archive.SIGNATURE, scores=scores)

    def keep_as(self, name: str, *calls: PredictionRecord) -> str:
        segment = self.folder / f"{name}.seg"
        archive.write(segment, *calls)
        write_parquet(segment, self.folder, {("iris", 1): self._signature}, known={"iris"}, lasting=False)
        segment.unlink()
        return name

    def hour(self, number: int, answers: Any, scores: Any) -> PredictionRecord:
        """One request with these answers, some hours after the beginning."""
        rows = [[1.0, "a"]] * len(answers)
        return record(
            round(BEGIN.timestamp() + number * HOUR), id=f"h{number}", input=json.dumps({"inputs": rows}).encode(),
            output=json.dumps(answers.tolist()).encode(), scores=pack_scores(scores.tolist()),
        )  # fmt: skip


def told_later(folder: Path, model: Any, data: Any, *, train: int, window: int, seed: int = 0) -> ModelQuality:
    """Train on the first rows, answer the others hour by hour, and let all labels but those of the last two hours come."""
    order = np.random.default_rng(seed).permutation(len(data.target))
    rows, truths = data.data[order], data.target[order]
    model.fit(rows[:train], truths[:train])
    answers, scores, truths = model.predict(rows[train:]), model.predict_proba(rows[train:]), truths[train:]
    folder.mkdir(parents=True, exist_ok=True)
    world = ScoredRecords(folder, list(map(str, model.classes_)))
    try:
        hours = len(truths) // window
        parts = [slice(number * window, (number + 1) * window) for number in range(hours)]
        world.keep(*(world.hour(number, answers[part], scores[part]) for number, part in enumerate(parts)))
        for number, part in enumerate(parts[:-2]):
            sent = [
                LabelSent(prediction_id=f"h{number}", row=row, value=int(each)) for row, each in enumerate(truths[part])
            ]
            world.labels.add(ADMIN, "iris", sent)
        world.joined()
        return world.quality.show(ADMIN, question_of("iris", None, at(0), at(hours), by="hour"))
    finally:
        world.close()


def test_the_accuracy_of_real_digits_is_estimated_before_their_labels(tmp_path: Path) -> None:
    """Given a forest that is far too modest, its scores recorded, then once 200 labels are there each hour has an estimate, of which 90 %
    or more hold the truth that comes later; the last hours have one without any label."""
    found = told_later(tmp_path, RandomForestClassifier(30, random_state=0), load_digits(), train=500, window=50)
    estimated = found.estimated
    assert estimated.held >= 18 and estimated.inside >= 0.9 * estimated.held
    assert estimated.error is not None and estimated.error < 0.05
    assert found.steps[0].estimate is None, "there is nothing to learn from"
    for step in found.steps[-2:]:
        assert step.measured.labelled == 0
        assert step.estimate is not None and step.estimate.held is None
        assert 0.85 < step.estimate.value < 1.0 and step.estimate.low < step.estimate.value < step.estimate.high
    assert estimated.total is not None and estimated.missing == ""


@pytest.mark.long
def test_estimates_of_two_real_sets_hold_the_truth_in_nine_windows_of_ten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given digits and tumours in five orders each, a forest and a linear model, then of all windows 90 % or more hold their truth."""
    sets = {"digits": (load_digits(), 500, 50), "tumours": (load_breast_cancer(), 100, 30)}
    models = {
        "forest": lambda: RandomForestClassifier(30, random_state=0),
        "linear": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    }
    for name, (data, train, window) in sets.items():
        for kind, make in models.items():
            found = [
                told_later(
                    tmp_path / f"{name}-{kind}-{seed}", make(), data, train=train, window=window, seed=seed
                ).estimated
                for seed in range(5)
            ]
            inside, held = sum(each.inside for each in found), sum(each.held for each in found)
            error = np.mean([each.error for each in found if each.error is not None])
            with capsys.disabled():
                print(f"\n{name}, {kind}: {inside} of {held} windows inside, {error:.2%} off on average")
            assert held >= 20 and inside >= 0.9 * held, (name, kind)
