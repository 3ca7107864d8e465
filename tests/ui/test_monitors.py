"""Monitors as people look at them: what is in alarm, which column, and how it was before."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.monitored import KINDS, asked, store_hour
from tests.support.platform import Platform
from tests.ui.looking import Visit
from tests.ui.test_pages import keep
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.records.profiles.building import baseline_of


@pytest.fixture
def released(shown: Platform) -> Iterator[Platform]:
    """The platform with the second version live, of which no other story has records; then again as it was."""
    (before,) = shown.http.get("/api/v1/models/seen").json()["release"]
    _release(shown, 2)
    yield shown
    _release(shown, before["version"])


def _release(platform: Platform, version: int) -> None:
    wanted = {"version": version, "percent": 100}
    platform.http.put("/api/v1/models/seen/release", json=wanted).raise_for_status()


def test_a_person_finds_the_column_that_drifted(visit: Visit, released: Platform, screens: Path | None) -> None:
    platform = released
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    database = SqliteDatabase(f"sqlite:///{platform.home}/unshelf.db")
    reference = baseline_of(asked(500, 0).to_batches, KINDS)
    for days in range(6, -1, -1):
        start = today - timedelta(days=days)
        rows = asked(300, days, shift=0.0 if days else 12.0)
        store_hour(database, "seen", 2, start, rows, reference=reference, counted_at=start)
    database.dispose()
    platform.cli("monitors", "set", "seen", "inputs", "--reference", "previous")
    platform.cli("monitors", "backfill", "seen", "inputs", "--since", "7d")

    visit.enter()
    visit.open("/monitors?model=seen")
    visit.sees("heading", "Monitors of seen")
    visit.page.get_by_text("1 monitor is in alarm.").wait_for()
    visit.settle()
    keep(visit, screens, "/monitors", "story-light")
    visit.page.get_by_role("link", name="inputs").click()
    visit.sees("heading", "Drift of inputs: inputs")
    visit.page.get_by_role("heading", name="age: before and after").wait_for()
    visit.page.get_by_text("held against the window before").wait_for()
    visit.settle()
    keep(visit, screens, "/monitors/seen/inputs", "story-light")
    assert visit.barriers() == []
    visit.page.get_by_role("button", name="region").click()
    visit.page.get_by_role("heading", name="region: before and after").wait_for()

    visit.page.get_by_role("button", name="Change").click()
    dialog = visit.page.get_by_role("dialog")
    dialog.get_by_label("Threshold", exact=True).fill("0.9")
    dialog.get_by_role("button", name="Change the monitor").click()
    visit.page.get_by_role("button", name="Judge now").click()
    visit.page.get_by_text("fine so far").first.wait_for()
    visit.page.get_by_role("button", name="Make it as usual").click()
    visit.page.get_by_role("dialog").get_by_role("button", name="Make it as usual").click()
    visit.page.get_by_text("as every model has it").wait_for()
