"""Calls of steps become a graph; what can't be in one is said when it is put together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import unshelf
from unshelf.client.pipelines.graph import PipelineParameter, building


@unshelf.step
def load(orders: Path) -> dict[str, pd.DataFrame]:
    return {"train": pd.read_csv(orders)}


@unshelf.step(tier="medium")
def fit(rows: pd.DataFrame, rate: float = 0.1) -> Path:
    return Path(str(rate * len(rows)))


def test_values_are_edges_and_their_parts_are_found() -> None:
    with building() as graph:
        parts = load.options(inputs={"orders": "data://orders"})()
        fit(parts["train"], rate=PipelineParameter("rate", int))
        fit(parts["test"], after=parts)
    assert [node.name for node in graph.nodes] == ["load", "fit", "fit_2"]
    assert graph.nodes[1].arguments == {"rows": {"step": "load", "at": ["train"]}, "rate": {"parameter": "rate"}}
    assert (graph.nodes[2].after, dict(graph.nodes[1].options)) == (["load"], {"tier": "medium"})


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: fit("text"), "'rows' of the step 'fit' is a str, and a DataFrame is wanted"),
        (lambda: fit(load(Path("x"))["train"]), "'orders' of the step 'load' is a .*Path, which a pipeline can't keep"),
        (lambda: fit(load.options(inputs={"orders": "data://o"})()), "is a dict"), (lambda: fit(), "missing a required argument"),
        (lambda: [*load.options(inputs={"orders": "data://o"})()], "has no value while"),
        (lambda: bool(PipelineParameter("rate", int)), "parameter 'rate' has no value"),
        (lambda: fit(1, after=3), "`after` is the value of a step"),
        (lambda: load.options(inputs={})([PipelineParameter("rate", int)]), "list, and a Path is wanted"),
    ],
)  # fmt: skip
def test_what_can_not_be_in_a_graph_is_said(build: Callable[[], Any], said: str) -> None:
    with building(), pytest.raises(unshelf.UnshelfError, match=said):
        build()


def test_outside_of_a_pipeline_steps_are_functions(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    assert fit(load(tmp_path / "a.csv")["train"], rate=2.0) == Path("2.0")
