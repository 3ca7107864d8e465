"""The process that makes a backup."""

from pathlib import Path

import pytest

from tests.support.installations import SmallInstallation
from tests.unit.manage.backups.test_order import order
from unshelf.manage.backups.service import in_process


@pytest.mark.runs_program
def test_it_takes_the_order_from_standard_input_and_says_its_steps_and_what_came_of_it(
    installation: SmallInstallation, place: Path
) -> None:
    steps: list[str] = []
    outcome = in_process(order(installation, place), steps.append)
    assert steps[0] == "copying the database" and steps[-1] == "verifying"
    assert outcome.problem == "" and outcome.manifest is not None
    assert (place / "backups" / f"{outcome.manifest.id}.json").is_file()
