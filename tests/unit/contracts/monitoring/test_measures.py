"""The list of measures, held against what is computed and what the pages show."""

import re
from pathlib import Path

import numpy as np

from unshelf.contracts.monitoring.measures import LOWER_IS_BETTER, MEASURES, SHARES, WATCHED, known_for, title_of
from unshelf.monitor.performance.ranking.measures import of_list

PAGES = Path(__file__).parents[4] / "web/src/pages/quality/measures.ts"


def test_each_has_its_name_and_a_value_that_is_fine() -> None:
    for name, each in MEASURES.items():
        assert (name, title_of(name)) == (each.name, each.title)
        assert each.least < each.most
    assert title_of("my_margin") == "my margin"
    assert "bias" not in WATCHED, "0 is its best value, so that no limit says what is too bad"
    assert {"mae", "log_loss", "bias"} <= LOWER_IS_BETTER
    assert not {"accuracy", "ndcg@10", "r2"} & LOWER_IS_BETTER


def test_all_measures_of_rankings_are_in_it() -> None:
    found = of_list(list(np.arange(20)), [3, 4])
    assert found is not None
    assert found.keys() == {each.name for each in MEASURES.values() if each.task == "ranking"}


def test_a_model_is_watched_by_measures_of_its_task() -> None:
    assert known_for("regression") == ["mae", "rmse", "r2", "mape"]
    assert "roc_auc" in known_for("classification")
    assert "roc_auc" not in known_for("classification", scores=False)
    assert known_for(None) == list(WATCHED)


def test_pages_write_the_same_ones_as_percent() -> None:
    """Given the list of the pages, which have no Python, then it names the measures of this one."""
    text = PAGES.read_text()
    shares = re.search(r"SHARES = new Set\(\[(.*?)\]\)", text)
    assert shares is not None
    assert set(re.findall(r'"(\w+)"', shares[1])) == SHARES
    names = re.search(r"NAMES: Record<string, string> = \{(.*?)\};", text, re.DOTALL)
    assert names is not None
    assert set(re.findall(r"^  (\w+):", names[1], re.MULTILINE)) == {name for name in MEASURES if "@" not in name}
