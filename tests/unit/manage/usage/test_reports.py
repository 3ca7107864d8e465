"""Uses read from the tables: nothing is left out, nothing twice."""

import pytest

from tests.unit.manage.usage.conftest import HOUR, Metered, Recorded, used
from unshelf.foundation.database.engine import Database
from unshelf.manage.usage.intake import UsageIntake
from unshelf.manage.usage.reports import uses_of
from unshelf.manage.usage.sharing import Called, UsageSharing
from unshelf.manage.usage.usage import total_of


def test_callers_and_what_was_kept_warm_are_together_what_the_version_used(
    database: Database, intake: UsageIntake, sharing: UsageSharing, host: Metered, records: Recorded
) -> None:
    iris = {"kind": "worker", "project": "flowers", "model": "iris", "version": 1}
    host.give(
        used(10.0, 100.0, tier="small", **iris), used(4.0, 50.0, hour=HOUR - 24, tier="small", **iris),
        used(3.0, 3.0, kind="job", project="risk", job="j1", tier="small"), used(2.0, kind="platform", name="control"),
        used(1.0, kind="build", project="risk"),
    )  # fmt: skip
    intake.collect()
    records.called = [
        Called(hour=HOUR, model="iris", version=1, purpose="live", caller="k1", predictions=7, seconds=4.0),
        Called(hour=HOUR, model="iris", version=1, purpose="replay", caller="k2", predictions=1, seconds=1.0),
    ]
    sharing.share()
    with database.read() as session:
        for by_day in (False, True):
            uses = uses_of(session, range(HOUR - 48, HOUR + 1), by_job=True, by_day=by_day)
            assert total_of(use.amounts for use in uses).cpu_seconds == pytest.approx(20.0)
            assert total_of(use.amounts for use in uses).held_seconds == pytest.approx(153.0)
        of_risk = uses_of(session, range(HOUR - 48, HOUR + 1), projects=["risk"])
    found = {use.what: use for use in uses if use.day == HOUR // 24}
    assert found["predictions"].key == "website"
    assert found["predictions"].is_billed
    assert not found["predictions (replay)"].is_billed
    assert found["kept warm"].amounts.held_seconds == pytest.approx(95.0)
    assert found["kept warm"].person == "ana"
    assert found["jobs"].job == "j1"
    assert not found["platform: control"].is_billed
    assert {use.day for use in uses} == {HOUR // 24, HOUR // 24 - 1}
    assert {use.what for use in of_risk} == {"jobs", "builds"}, "a project's report has nothing of the platform"
