"""Checks with somebody's own rows: kept with their version, an event each, and nothing else."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.actors import actor
from tests.support.deploying import Deploying
from tests.unit.deploy.checks.test_asking import Gateway
from unshelf.contracts.errors import InvalidInput, TooManyRequests
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.checks.service import CheckService, WantedCheck
from unshelf.foundation.subjects import Subjects

ADMIN = actor()


def wanted(rows: list[Any] | None = None, data: str | None = None, **more: Any) -> WantedCheck:
    return WantedCheck(**{"data": data, "rows": rows, "most_rows": 10, "label": "", "output": ""} | more)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def subjects() -> Subjects:
    return Subjects()


@pytest.fixture
def checks(deploying: Deploying, gateway: Gateway, subjects: Subjects) -> CheckService:
    signature = Signature(inputs=Columns(columns=[Column(name="a", type="int64")], container="dicts"))
    version = SimpleNamespace(manifest=SimpleNamespace(output="rows"), checks=SimpleNamespace(signature=signature))
    model: Any = SimpleNamespace(version_named=("iris", 1), version=version)
    data: Any = None
    return CheckService(
        deploying.database, deploying.audit, subjects, data=data, inspect=lambda _ref: model, predict=gateway.predict
    )


def test_a_check_is_kept_with_its_quality_and_leaves_one_event(
    checks: CheckService, deploying: Deploying, gateway: Gateway
) -> None:
    rows = [{"a": 1, "y": 2, "id": 7}, {"a": 2, "y": 5, "id": 8}, {"a": "x", "y": 1, "id": 9}]
    report = checks.run(ADMIN, "iris", wanted(rows, label="y"))
    assert (report.rows, report.answered, report.failed, report.unused) == (3, 2, {"invalid_input": 1}, ["id"])
    assert report.quality is not None
    assert (report.quality.kind, report.quality.figures["mean_absolute_error"]) == ("numbers", 0.5)
    assert rows[0] == {"a": 1, "y": 2, "id": 7}
    assert b'"y"' not in gateway.asked[0].body
    assert checks.list_of("iris", limit=10).items == [report]
    (event,) = [each for each in deploying.audit.find(limit=10, cursor=None).items if each.action == "version.checked"]
    assert (event.subject.name, event.after["check"], event.after["answered"]) == ("iris:1", report.id, 2)


def test_labels_that_fit_no_output_are_a_note(checks: CheckService) -> None:
    report = checks.run(ADMIN, "iris", wanted([{"a": 1, "y": "two"}], label="y"))
    assert (report.answered, report.quality) == (1, None)
    assert "like 'two'" in report.note


@pytest.mark.parametrize(
    "asked",
    [
        wanted(),
        wanted([{"a": 1}], data="data://x"),
        wanted(data="no reference"),
        wanted([{"a": 1}], label="y"),
        wanted([[1]], label="y"),
    ],
)
def test_what_is_no_data_is_refused(checks: CheckService, asked: WantedCheck) -> None:
    with pytest.raises(InvalidInput):
        checks.run(ADMIN, "iris", asked)


def test_columns_of_other_names_are_left_for_the_version_to_refuse(checks: CheckService, gateway: Gateway) -> None:
    with pytest.raises(KeyError):  # of the stand-in; a gateway answers 422
        checks.run(ADMIN, "iris", wanted([{"b": 1}]))
    assert gateway.asked[0].body == b'{"inputs":[{"b":1}]}'


def test_few_run_at_once(checks: CheckService) -> None:
    with checks._turn(), checks._turn(), checks._turn(), checks._turn(), pytest.raises(TooManyRequests):
        checks.run(ADMIN, "iris", wanted([{"a": 1}]))
    assert checks.run(ADMIN, "iris", wanted([{"a": 1}])).answered == 1


def test_checks_go_with_their_version(checks: CheckService, deploying: Deploying, subjects: Subjects) -> None:
    checks.run(ADMIN, "iris", wanted([{"a": 1}]))
    with deploying.database.transaction() as session:
        subjects.removed(session, "model", ["iris"])
        assert checks.list_of("iris", limit=10).items
        subjects.removed(session, "version", ["iris:1"])
    assert checks.list_of("iris", limit=10).items == []
