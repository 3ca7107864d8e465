"""The demo's pipeline: its steps, and that it is kept once."""

import importlib

import pytest

from tests.support.control import Control
from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.work.pipelines import NAME, fill
from unshelf.cli.demo.full.work.programs import PIPELINE, written
from unshelf.client.jobs.call import find_function

PIPELINES = "/api/v1/pipelines"


@pytest.mark.runs_program
def test_it_is_kept_and_run_with_its_three_steps(control: Control, stage: Stage) -> None:
    control.reply("GET", PIPELINES, {"pipelines": []})
    control.reply("POST", PIPELINES, {"id": "p1"}, 201)
    control.reply("POST", f"{PIPELINES}/p1/runs", {"id": "r1"}, 201)
    fill(stage)
    kept = control.calls("POST", PIPELINES)[0].json
    assert (kept["project"], kept["name"]) == ("credit", NAME)
    assert [step["name"] for step in kept["steps"]] == ["count", "fit", "write"]
    assert len(control.calls("POST", f"{PIPELINES}/p1/runs")) == 1


def test_one_that_is_there_is_not_run_again(control: Control, stage: Stage) -> None:
    control.reply("GET", PIPELINES, {"pipelines": [{"name": NAME}]})
    assert fill(stage) == "1 pipeline of 3 steps, and a run of it"
    assert [asked for asked in control.asked if asked.method != "GET"] == []


def test_its_steps_come_to_a_rule() -> None:
    with written("late_payment_rule_here.py", PIPELINE) as file:
        (file.parent / "loans.csv").write_text("late_payments,defaulted\n0.0,0\n0.0,0\n2.0,1\n2.0,1\n")
        module = importlib.import_module(find_function(file, NAME).__module__)
        counts = module.count(file.parent / "loans.csv")
        assert counts == {"0": [2, 0], "2": [2, 2]}
        shares = module.fit(counts, prior=2.0)
        assert shares == {"0": 0.25, "2": 0.75}
        assert module.write(shares, limit=0.5) == "Look by hand at applications with 2 late payments and more."
