"""Functions become jobs with their environments, and outcomes of steps."""

import pytest

from tests.support.pipelines import Line, states
from unshelf.contracts.errors import InvalidInput
from unshelf.develop.pipelines.definition import ArgumentSource
from unshelf.develop.pipelines.function_steps import _at


def test_a_step_has_its_own_hardware_secrets_packages_and_limits(line: Line) -> None:
    step = {
        "name": "load",
        "tier": "medium",
        "secrets": ["SERVICE_KEY"],
        "requirements": ["numpy>=2"],
        "time_limit": 60,
        "retries": 2,
    }
    run = line.begin(line.keep(step))
    row = line.workshop.row(str(run.steps[0].job))
    assert (row.tier, row.secrets, row.seconds, row.retries) == ("medium", ["SERVICE_KEY"], 60, 2)
    assert row.wanted_environment["requirements"] == ["numpy>=2"]
    assert (row.name, row.project, row.created_by) == ("retrain · load", "risk", "ana")
    assert row.request_key == f"pipeline/{run.id}/0/0"


def test_a_job_that_is_refused_is_the_failure_of_its_step(line: Line) -> None:
    run = line.begin(line.keep({"name": "load", "tier": "huge"}))
    assert (run.state, states(run)) == ("failed", {"load": "failed"})
    assert "no tier 'huge'" in run.reason


def test_results_of_a_function_are_facts_of_its_step(line: Line) -> None:
    run = line.begin(line.keep({"name": "load"}))
    job = str(run.steps[0].job)
    line.workshop.end(job, results='{"auc": 0.9}', files=[])
    assert line.functions.outcomes([job])[job].facts == {"results": {"auc": 0.9}}
    assert line.functions.outcomes(["gone"])["gone"].state == "failed"


def test_a_part_that_a_value_has_not_is_said() -> None:
    assert _at({"version": ["iris:3"]}, "x", ["version", 0]) == "iris:3"
    with pytest.raises(InvalidInput, match="has it not"):
        _at("text", "x", ["version"])
    assert ArgumentSource(value=1).value == 1
