"""The order of an attempt has all that its job recorded."""

import pytest

from tests.support.jobs import Workshop
from unshelf.contracts.errors import Conflict
from unshelf.develop.jobs.scheduling.orders import chosen_secrets, order_of


def test_an_order_has_code_variables_parameters_and_secrets(workshop: Workshop) -> None:
    job = workshop.queued(
        copies=2, variables={"EPOCHS": "3"}, parameters={"rate": 0.1}, secrets=["SERVICE_KEY"], command=["job.py", "-v"]
    )
    workshop.turn()
    order = next(each for each in workshop.launcher.orders if each.job == job)
    assert (order.job, order.number, order.project, order.tier) == (job, 1, "risk", "small")
    assert [file.path for file in order.code] == ["job.py"]
    assert order.command == ["job.py", "-v"]
    assert order.variables == {"EPOCHS": "3", "UNSHELF_ARRAY_INDEX": "0"}
    assert order.parameters == '{"rate":0.1}'
    assert order.secrets == {"SERVICE_KEY": "hush"}
    assert order.environment == workshop.row(job).environment


def test_an_order_of_a_single_job_has_no_number_in_an_array(workshop: Workshop) -> None:
    job = workshop.queued()
    with workshop.database.read() as session:
        assert order_of(session, workshop.row(job), {}).variables == {}


def test_only_the_named_secrets_are_chosen_and_one_that_is_missing_is_named() -> None:
    assert chosen_secrets({"A": "1", "B": "2"}, ["B"], "risk") == {"B": "2"}
    with pytest.raises(Conflict, match="no secret 'C'"):
        chosen_secrets({"A": "1"}, ["C"], "risk")
