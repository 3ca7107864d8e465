"""A model of the demo that runs elsewhere: registered by its signature, with four weeks of records that were sent, and their truths."""

import random
import tempfile
import time
from pathlib import Path
from typing import Any

from unshelf.cli.demo.full.past import DAYS
from unshelf.cli.demo.full.stage import MARK, Stage
from unshelf.cli.demo.full.training import DemoTable, Training
from unshelf.cli.lazy import load

MODEL = "delivery-hours"
_DATASET = "deliveries"
_PROJECT = "customer-care"
_PLACE = "Vertex AI, europe-west4"
_CALLS = 40
"""Parcels a day."""
_KNOWN_AFTER_DAYS = 2
"""How long it takes until it is known when a parcel arrived."""
_DAY = 86_400
_OPEN, _CLOSED = 6.0, 22.0
_FEW = 50


def fill(stage: Stage) -> str:
    """Register the model unless it is there, and send the records and truths that the platform does not know yet."""
    training: Training = load("unshelf.cli.demo.full.sklearn_models:train")()
    if not stage.ours(MODEL, stage.admin.show):
        _register(stage, training)
    records, labels = _past(training)
    sent = stage.admin.send_records(MODEL, records)
    stage.admin.add_labels(MODEL, labels, source="demo")
    return f"1 model with {sent['accepted'] + sent['duplicates']} records of {DAYS} days, sent from {_PLACE}"


def _register(stage: Stage, training: Training) -> None:
    mia, table = stage.person("mia"), training.parcels
    if _DATASET not in {each["name"] for each in stage.admin.data.names()}:
        with tempfile.TemporaryDirectory(prefix="unshelf-demo-") as folder:
            path = Path(folder, f"{_DATASET}.csv")
            table.frame.assign(**{table.label: table.truth}).to_csv(path, index=False)
            described = "Parcels of the last year, and how long each was on its way."
            mia.data.add(_DATASET, path, project=_PROJECT, description=described)
    few = table.frame.head(_FEW)
    mia.register_model(
        MODEL, example=few, output=_answers(training, few), project=_PROJECT, place=_PLACE, task="regression",
        description="How many hours a parcel will be on its way. Least squares.", monitoring={"slices": ["region"]},
        baseline=f"data://{_DATASET}@1",
    )  # fmt: skip
    stage.admin.tag(MODEL, MARK)


def _past(training: Training) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the records of the days before today, the same for a day whenever it is asked, and the labels that are known by now."""
    table, today = training.parcels, int(time.time() // _DAY) * _DAY
    rows, answers = table.frame.to_dict("records"), _answers(training, table.frame)
    records, labels = [], []
    for day in range(DAYS):
        midnight = today - (DAYS - day) * _DAY
        date = time.strftime("%Y-%m-%d", time.gmtime(midnight))
        chance = random.Random(f"{MODEL} {date}")  # noqa: S311 - no secret is made of it
        asked = _asked(table, day)
        for number in range(round(_CALLS * chance.uniform(0.85, 1.15))):
            place, id = chance.choice(asked), f"{date}-{number}"
            moment = midnight + 3600 * chance.uniform(_OPEN, _CLOSED)
            latency = round(chance.lognormvariate(2.0, 0.3), 1)
            records.append(
                {"id": id, "time": moment, "inputs": rows[place], "output": answers[place], "latency_ms": latency}
            )
            if day < DAYS - _KNOWN_AFTER_DAYS:
                labels.append({"prediction_id": id, "label": table.truth[place]})
    return records, labels


def _asked(table: DemoTable, day: int) -> list[int]:
    """Return the rows that are asked about on a day: in the last week ever more of the far islands."""
    places = list(range(len(table.frame)))
    islands = [place for place in places if table.frame["region"].iloc[place] == "islands"]
    return places + islands * 2 * max(0, day - (DAYS - 8))


def _answers(training: Training, frame: Any) -> list[float]:
    found: list[float] = training.delivery.predict(frame.drop(columns="region")).round(1).tolist()
    return found
