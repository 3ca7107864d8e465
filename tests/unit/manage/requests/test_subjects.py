"""Requests are found by who asked, who sees them without a permission."""

from pathlib import Path

from tests.support.subjects import subject_world
from unshelf.foundation.clock import now
from unshelf.manage.requests.subjects import request_source
from unshelf.manage.requests.tables import RequestRow


def test_a_request_is_its_asker_s_too(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        with world.database.transaction() as session:
            session.add(
                RequestRow(
                    id="r", kind="access", project="risk", model="churn", wanted={"role": "caller"}, reason="a report",
                    asked_by_id="zoe-id", asked_by="zoe", asked_at=now(), state="open", decision_reason="",
                )
            )  # fmt: skip
        with world.database.read() as session:
            (found,) = request_source().documents(session, ["r"])
    assert (found.title, found.person) == ("Request for access to churn", "zoe-id")
    assert found.text.split() == ["open", "caller", "a", "report"]
