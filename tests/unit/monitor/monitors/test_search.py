"""Monitors are found once somebody has added or changed them."""

from tests.support.actors import actor
from tests.unit.monitor.monitors.conftest import MODEL, Stage
from unshelf.monitor.monitors.search import monitor_source
from unshelf.monitor.monitors.service import MonitorChange

ADMIN = actor("admin", id="admin", name="admin")


def test_those_with_rows_are_found(stage: Stage) -> None:
    stage.monitors.add(ADMIN, MODEL, "income-drift", "inputs", MonitorChange(columns=("income",), paused=True))
    source = monitor_source()
    with stage.database.read() as session:
        assert list(session.scalars(source.names)) == [f"{MODEL}/income-drift"]
        [found] = source.documents(session, [f"{MODEL}/income-drift", f"{MODEL}/inputs", "odd"])
        assert source.documents(session, ["odd"]) == []
    assert (found.title, found.page, found.owner) == (
        "income-drift of credit",
        "/monitors/credit/income-drift",
        "admin",
    )
    assert found.subject.model == MODEL
    assert {"income", "paused"} <= set(found.text.split())
