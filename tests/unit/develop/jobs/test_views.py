"""What the wire says becomes an order, and a job what the wire shows."""

from typing import Any

import pytest

from tests.support.jobs import Workshop
from unshelf.contracts.bundle import NetworkAccess
from unshelf.contracts.errors import InvalidInput
from unshelf.develop.jobs.job import NO_NETWORK
from unshelf.develop.jobs.schemas import JobChange, JobRequest
from unshelf.develop.jobs.tables import JobRow
from unshelf.develop.jobs.views import changed_order, job_view, order_of_request
from unshelf.foundation.uses.job_mentions import JobMention

FILE = {"path": "job.py", "sha256": "a" * 64, "size": 1}


def request(**fields: Any) -> JobRequest:
    return JobRequest.model_validate({"files": [FILE], "command": ["job.py"], **fields})


def test_a_request_is_an_order() -> None:
    order = order_of_request(
        request(
            project="risk", time_limit=60, inputs=[{"reference": "data://orders", "variable": "UNSHELF_DATA_ORDERS"}],
            network={"allow": ["pypi.org:443"]}, copies=2,
        )
    )  # fmt: skip
    assert (order.project, order.seconds, order.copies, order.environment) == ("risk", 60, 2, None)
    assert [(each.reference, each.variable) for each in order.inputs] == [("data://orders", "UNSHELF_DATA_ORDERS")]
    assert order.network == NetworkAccess(allow=["pypi.org:443"])
    assert order_of_request(request()).network == NetworkAccess(access="none")


@pytest.mark.parametrize(
    "fields",
    [
        {"files": [FILE | {"path": "../up.py"}]}, {"files": [FILE | {"sha256": "Z" * 64}]},
        {"network": {"access": "full", "allow": ["pypi.org:443"]}}, {"network": {"allow": ["no place"]}},
    ],
)  # fmt: skip
def test_what_no_order_may_have_is_said(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        order_of_request(request(**fields))


def test_a_change_leaves_what_it_does_not_name() -> None:
    order = order_of_request(request(parameters={"rate": 0.1, "depth": 3}, requirements=["numpy"], retries=2))
    same = changed_order(order, JobChange())
    assert same == order
    changed = changed_order(order, JobChange(parameters={"rate": 0.2}, tier="medium", retries=0, environment="base:3"))
    assert (changed.parameters, changed.tier, changed.retries) == ({"rate": 0.2, "depth": 3}, "medium", 0)
    assert (changed.environment, changed.requirements) == ("base:3", None)
    granted = changed_order(order, JobChange.model_validate({"network": {"allow": ["pypi.org:443"]}}))
    assert (order.network, granted.network) == (NO_NETWORK, NetworkAccess(allow=["pypi.org:443"]))


def test_a_job_is_shown_with_its_attempts(workshop: Workshop) -> None:
    job = workshop.queued()
    workshop.turn()
    workshop.end(job, output=workshop.upload(workshop.eve, b"hello"), cpu_seconds=1.5)
    shown = job_view(workshop.service.show(workshop.ana, job))
    assert (shown.id, shown.state, shown.time_limit, shown.position) == (job, "succeeded", 86_400, None)
    assert [(run.number, run.outcome, run.cpu_seconds, run.output_bytes) for run in shown.runs] == [
        (1, "exited", 1.5, 5)
    ]


def test_the_work_of_a_scoring_or_a_bench_has_no_copies(workshop: Workshop) -> None:
    job = workshop.queued()
    assert job_view(workshop.service.show(workshop.ana, job)).can_be_copied
    with workshop.database.transaction() as session:
        session.get_one(JobRow, job).model = "iris"
    workshop.references.add(
        lambda _session, _actor, jobs: [
            JobMention(job=jobs[0], kind="scoring", name="iris:1", page="/scorings/1", owns=True)
        ]
    )
    shown = job_view(workshop.service.show(workshop.ana, job))
    assert not shown.can_be_copied
    assert [(use.kind, use.page, use.owns) for use in shown.used_by] == [("scoring", "/scorings/1", True)]
