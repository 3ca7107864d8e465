"""Labels of the demo: what became of those about whom the models were asked, as far as it is known by now."""

import time
from datetime import datetime
from typing import Any

from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.training import DemoTable, Training
from unshelf.cli.lazy import load

_KNOWN_AFTER_DAYS = 4.0
"""How long it takes until the truth is known: predictions of later have no label yet."""
_DAY_SECONDS = 86_400.0
_MOST = 20_000
_COLLECTED = "diabetes-progression"
"""The model whose predictions with their labels become a dataset to train on anew."""


def fill(stage: Stage) -> str:
    """Send the truth of each prediction about a row whose truth is known; what was sent before is known as a duplicate."""
    training: Training = load("unshelf.cli.demo.full.sklearn_models:train")()
    truths = {"diabetes-progression": training.patients, "credit-default": training.loans}
    until = time.time() - _KNOWN_AFTER_DAYS * _DAY_SECONDS if stage.home is not None else time.time()
    sent = []
    for model, table in truths.items():
        labels = _labels(stage, model, table, until)
        if labels:
            stage.admin.add_labels(model, labels, source="demo")
        sent.append(f"{len(labels)} predictions of {model}")
    if stage.home is not None and not stage.admin.collections(model=_COLLECTED):
        stage.person("mia").collect_predictions(_COLLECTED, since="30d")
    return f"those of {', '.join(sent)}"


def _labels(stage: Stage, model: str, table: DemoTable, until: float) -> list[dict[str, Any]]:
    known = {_key(row): truth for row, truth in zip(table.frame.to_dict("records"), table.truth, strict=True)}
    found = []
    for record in stage.admin.predictions(model, tail=_MOST, status=200):
        moment = datetime.fromisoformat(record["time"].replace("Z", "+00:00"))  # Python 3.10 does not know the Z
        if moment.timestamp() > until:
            continue
        body = record["input"]
        for place, row in enumerate(body["inputs"] if isinstance(body, dict) else ()):
            truth = known.get(_key(row)) if isinstance(row, dict) else None
            if truth is not None:
                found.append({"prediction_id": record["id"], "row": place, "label": truth})
    return found


def _key(row: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """Return a row as something that can be looked up."""
    return tuple(sorted((name, float(value)) for name, value in row.items()))
