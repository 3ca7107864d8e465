"""Roles that a deploy declares: held against the signature before anything is sent."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from unshelf.client.bundling.monitoring import (
    metrics_from,
    monitoring_from,
    monitoring_options,
    monitors_from,
    read_metrics,
)
from unshelf.client.errors import InvalidModel
from unshelf.contracts.bundle import NO_MONITORING, Monitoring
from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors

SIGNATURE = Signature(
    inputs=Columns(columns=[Column(name="age", type="int64"), Column(name="region", type="string")]),
    outputs=Tensors(tensors=[Tensor(name="class", type="int64", shape=[-1])]),
)


def test_who_declares_nothing_declares_nothing() -> None:
    assert monitoring_from(None, SIGNATURE) is NO_MONITORING
    assert monitoring_from({}, None) is NO_MONITORING


def test_roles_are_taken_as_far_as_the_columns_are_known() -> None:
    words: dict[str, Any] = {"prediction": "class", "slices": ["region"], "label": "truth", "task": "classification"}
    assert monitoring_from(words, SIGNATURE) == Monitoring(**words)
    unknown = Signature(inputs=SIGNATURE.inputs)
    assert monitoring_from({"scores": "p"}, unknown).scores == "p"
    assert monitoring_from({"key": "order"}, None).key == "order"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"prediction": "age"}, "prediction names 'age', which is no output"),
        ({"slices": ["region", "town"]}, "slices names 'town', which is no input"),
        ({"slices": ["region", "region"]}, "each column once"),
        ({"predicton": "class"}, "'predicton' is not known"),
        ({"task": "clustering"}, "clustering"),
    ],
)
def test_what_can_not_be_is_said_before_anything_is_sent(words: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        monitoring_from(words, SIGNATURE)


def test_scores_may_stand_beside_the_other_options() -> None:
    assert monitoring_options(None) is None
    assert monitoring_options({"key": "order"}) == {"key": "order"}
    assert monitoring_options({"key": "order"}, scores="predict_proba") == {"key": "order", "scores": "predict_proba"}
    with pytest.raises(InvalidModel, match="scores is 'a', and 'b' in monitoring"):
        monitoring_options({"scores": "b"}, scores="a")


def test_monitors_are_held_against_the_columns() -> None:
    found = monitors_from(
        [{"name": "age-drift", "columns": ["age"]}, {"name": "any", "kind": "quality", "columns": ["out:class"]}],
        SIGNATURE,
    )
    assert [each.name for each in found] == ["age-drift", "any"]
    assert monitors_from(None, None) == []
    assert monitors_from([{"name": "m", "kind": "outputs", "columns": ["scores[2] yes"]}], SIGNATURE)[0].columns == [
        "scores[2] yes"
    ]
    for words, said in (
        ({"name": "m", "columns": ["town"]}, "m: 'town' is no input"),
        ({"name": "m", "kind": "outputs", "thresholds": {"age": 0.2}}, "'age' is no output"),
        ({"name": "m", "slice": "town=x"}, "'town' is no input"),
        ({"name": "m", "kind": "quality", "columns": ["out:age"]}, "'out:age' is no output"),
        ({"name": "m", "kind": "latency", "columns": ["age"]}, "latency is watched of whole requests"),
        ({"name": "m", "kind": "performance", "metric": "accuracy", "relative": False, "threshold": 80.0}, "is not 80"),
        ({"name": "m", "treshold": 0.2}, "'treshold' is not known"),
        ({"name": "m", "threshold": 7.0}, "a threshold of inputs is not 7"),
    ):
        with pytest.raises(InvalidModel, match=said):
            monitors_from([words], SIGNATURE)


def test_scores_may_name_a_method_which_the_check_tries() -> None:
    assert monitoring_from({"scores": "predict_proba"}, SIGNATURE).scores == "predict_proba"


RECIPE = """[model]
predict = "p.py:f"

[[metrics]]
name = "lost"
file = "m.py"

[[metrics]]
name = "cost"
file = "m.py"
function = "other"
"""


def lost(truth: Any, prediction: Any, rows: Any) -> float:
    return float((prediction - truth).mean() * len(rows))


def test_metrics_may_be_functions() -> None:
    """Given functions, by themselves or with what is said of them, then each is a metric in a file of its own."""
    found, files = metrics_from([lost, {"metric": lost, "name": "margin", "better": "lower"}])
    assert [(each.name, each.called, each.better) for each in found] == [
        ("lost", "lost", "neither"),
        ("margin", "lost", "lower"),
    ]
    assert [each.path for each in files] == [".unshelf/metrics/lost.py", ".unshelf/metrics/margin.py"]
    assert [each.file for each in found] == [each.path for each in files]
    assert bytes(files[0].source).startswith(b"def lost(truth")
    assert metrics_from([found[0]]) == ([found[0]], []), "those of a folder have their files"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (max, "the source of max can't be found"),
        (lambda truth, prediction, rows: 1.0, "the source of <lambda> can't be found"),
        ({"better": "lower"}, "None is no function"),
        ({"metric": lost, "bettr": "lower"}, "'bettr' is not known"),
        ({"metric": lost, "name": "accuracy"}, "a measure that every model has"),
    ],
)
def test_what_is_no_metric_is_refused(given: Any, said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        metrics_from([given])


def metrics_of(folder: Path, recipe: str, code: str = "def lost(t, p, r):\n    return 1\n\n\nother = lost\n") -> Any:
    (folder / "m.py").write_text(code)
    return read_metrics(folder / "unshelf.toml", recipe, tomllib.loads(recipe)["metrics"])


def test_metrics_have_the_functions_of_their_files(tmp_path: Path) -> None:
    first, second = metrics_of(tmp_path, RECIPE)
    assert (first.name, first.called, second.called, second.better) == ("lost", "lost", "other", "neither")


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ('name = "cost"', 'name = "lost"', "", r"unshelf\.toml:9: .*a name of its own"),
        ('name = "cost"', 'nome = "cost"', "", r"unshelf\.toml:9: metrics: 'nome' is not known"),
        ('name = "cost"', 'name = "Cost"', "", r"unshelf\.toml:9: metrics: 'Cost' is no name of a metric"),
        ('function = "other"', 'better = "best"', "", r"unshelf\.toml:\d+: metrics: .*best"),
        ('name = "lost"\nfile = "m.py"', 'name = "lost"\nfile = "n.py"', "", r"unshelf\.toml:6: .*'n\.py', which is no file"),
        ('name = "lost"\nfile = "m.py"', 'name = "lost"\nfile = "../m.py"', "", r"unshelf\.toml:6: .*which is no file"),
        ("", "", "def lost(t, p, r):\n  return (\n", r"m\.py:2: this is no Python"),
        ("", "", "def lost(t, p, r):\n    return 1\n", r"unshelf\.toml:11: .*m\.py has no function 'other'"),
        ("", "", "x = 1\n" * 20_000, r"unshelf\.toml:6: m\.py has more than 100 KB"),
    ],
)  # fmt: skip
def test_a_refusal_of_a_metric_names_the_file_and_the_line(
    tmp_path: Path, old: str, new: str, code: str, said: str
) -> None:
    (tmp_path.parent / "m.py").write_text("def lost(t, p, r):\n    return 1\n")
    with pytest.raises(InvalidModel, match=said) as refused:
        metrics_of(tmp_path, RECIPE.replace(old, new), *([code] if code else []))
    assert refused.value.hint
