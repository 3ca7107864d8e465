"""Monitors that somebody sets, held against what is known of their model."""

from typing import Any

import pytest

from tests.support.actors import actor
from tests.unit.monitor.monitors.conftest import MODEL, Stage
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.monitoring.columns import ModelFacts
from unshelf.monitor.monitors.monitor import MonitorKind
from unshelf.monitor.monitors.service import MonitorChange

ADMIN = actor("admin", id="admin", name="admin")
KNOWN = ModelFacts(["age", "region"], ["answer"], task="classification", has_scores=False)


@pytest.mark.parametrize(
    ("kind", "change", "said", "hint"),
    [
        ("inputs", {"columns": ("height",)}, "for credit: 'height' is no input", "Its inputs are age, region."),
        ("inputs", {"thresholds": {"aeg": 0.2}}, "for credit: 'aeg' is no input", "Did you mean 'age'?"),
        ("outputs", {"columns": ("age",)}, "for credit: 'age' is no output", "Its outputs are answer."),
        ("quality", {"columns": ("out:age",)}, "for credit: 'out:age' is no output", "Its outputs are answer."),
        ("errors", {"thresholds": {"age": 0.2}}, "errors has no threshold of 'age'", "errors have one of refused"),
        ("latency", {"columns": ("age",)}, "latency is watched of whole requests", "Leave the columns out."),
        ("inputs", {"measure": {"slice": "town=x"}}, "for credit: 'town' is no input", "Its inputs are age, region."),
        ("performance", {"measure": {"slice": "town=x"}}, "for credit: 'town' is no input", "Its inputs are"),
        ("performance", {"measure": {"slice": "age=4"}}, "'age' is no slice of credit", "Its slices are region"),
        ("performance", {"measure": {"metric": "mae"}}, "mae is a measure of regression", "Those that it has are acc"),
        ("performance", {"measure": {"metric": "roc_auc"}}, "takes the scores of classes", "predict_proba"),
        ("performance", {"measure": {"metric": "ndcg@20"}}, "ndcg@20 is not measured", ""),
    ],
)
def test_what_the_model_has_not_is_refused(
    stage: Stage, kind: MonitorKind, change: dict[str, Any], said: str, hint: str
) -> None:
    stage.facts[MODEL], stage.slices[MODEL] = KNOWN, ["region"]
    with pytest.raises(InvalidInput, match=said) as refused:
        stage.monitors.add(ADMIN, MODEL, "m", kind, MonitorChange(**change))
    assert hint in refused.value.hint


def test_what_is_not_known_yet_is_taken_with_a_warning(stage: Stage) -> None:
    """Given a model of which neither a signature nor a record says what its columns are, then a monitor of one is kept, with a word."""
    stage.monitors.add(ADMIN, MODEL, "m", "inputs", MonitorChange(columns=("height",)))
    (warning,) = stage.monitors.show(ADMIN, MODEL, "m").warnings
    assert "not known yet whether credit has height" in warning
    stage.monitors.add(ADMIN, MODEL, "north", "performance", MonitorChange(measure={"slice": "town=x"}))
    (warning,) = stage.monitors.show(ADMIN, MODEL, "north").warnings
    assert "'town' is no slice of credit" in warning
    stage.facts[MODEL], stage.slices[MODEL] = KNOWN, ["region"]
    (warning,) = stage.monitors.show(ADMIN, MODEL, "m").warnings
    assert "'height' is no input of credit" in warning, "and once records came, it says what is wrong"
    assert stage.monitors.show(ADMIN, MODEL, "inputs").warnings == ()
    listed = stage.monitors.list_for(ADMIN, model=MODEL, limit=100).items
    assert not any(each.warnings for each in listed)


def test_a_column_that_was_lost_since_is_in_nobodys_way(stage: Stage) -> None:
    """Given a monitor of a column that a later version has not, then it can be paused and changed; other columns must be there."""
    stage.facts[MODEL] = ModelFacts(["height"])
    stage.monitors.add(ADMIN, MODEL, "m", "inputs", MonitorChange(columns=("height",), thresholds={"height": 0.3}))
    stage.facts[MODEL] = KNOWN
    paused = stage.monitors.change(ADMIN, MODEL, "m", MonitorChange(paused=True, columns=("height",)))
    assert (paused.paused, paused.columns) == (True, ("height",))
    with pytest.raises(InvalidInput, match="'weight' is no input"):
        stage.monitors.change(ADMIN, MODEL, "m", MonitorChange(columns=("height", "weight")))
    assert stage.monitors.change(ADMIN, MODEL, "m", MonitorChange(columns=("age",))).columns == ("age",)
