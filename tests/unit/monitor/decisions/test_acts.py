"""Acts return a sentence on what came of them."""

import pytest

from tests.support.alerting import ANA
from tests.support.deciding import NotedActs
from unshelf.contracts.errors import Conflict
from unshelf.develop.starting.starters import Started
from unshelf.monitor.decisions.acts import AlertActs


def test_each_act_says_what_came_of_it() -> None:
    acts = NotedActs().acts()
    assert acts.roll_back(ANA, "churn") == "Now live: version 1 (100 %)."
    assert acts.release(ANA, "churn", 3) == "Now live: version 3 (100 %)."
    assert acts.pause(ANA, "churn").startswith("churn is paused")
    assert acts.collect(ANA, "churn", "churn-seen", labels=True).endswith("are being collected as churn-seen.")
    assert acts.start("pipeline", "p1", actor_id="x", actor_label="x", key="k") == "Started pipeline run1."


class Refusing(NotedActs):
    def start(self, kind: str, target: str, *, actor_id: str, actor_label: str, key: str) -> Started:
        return Started(name=None, error="The pipeline is gone.")


def test_what_does_not_start_is_an_error_with_the_reason() -> None:
    refusing = Refusing()
    acts = AlertActs(releases=refusing, pausing=refusing, starters=refusing, collections=refusing)
    with pytest.raises(Conflict, match="The pipeline is gone"):
        acts.start("pipeline", "p1", actor_id="x", actor_label="x", key="k")
