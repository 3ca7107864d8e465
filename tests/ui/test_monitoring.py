"""A model's monitoring and the fleet, as people look at them from its first requests on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.monitored import KINDS, asked, store_closed, store_hour
from tests.ui.looking import Visit
from tests.ui.test_pages import keep
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.records.profiles.building import baseline_of

TAB = "/models/seen?tab=monitoring"


def test_from_its_first_requests_on_a_model_is_seen_in_words_charts_and_columns(
    visit: Visit, screens: Path | None
) -> None:
    for number in range(20):
        visit.platform.predict("seen", [{"a": float(number), "b": 2.0}])
    visit.enter()
    visit.open(TAB)
    page = visit.page
    page.get_by_text("seen was asked").wait_for()
    page.get_by_text("the first 1,000 requests become the reference").wait_for()
    page.get_by_role("img", name="Requests a day").wait_for()
    visit.settle()
    keep(visit, screens, TAB, "story-light")
    assert visit.barriers() == []

    page.get_by_role("table", name="Inputs and outputs").get_by_role("button", name="a", exact=True).click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("table", name="Share of the rows in each bin").wait_for()
    visit.settle()
    keep(visit, screens, f"{TAB}&column=in%3Aa", "story-light")
    assert visit.barriers() == []
    drawer.get_by_role("link", name="The rows behind this").click()
    page.get_by_role("textbox", name="SQL").wait_for()
    assert '"in_a"' in page.get_by_role("textbox", name="SQL").input_value()

    visit.open(TAB)
    page.get_by_text("No business key.").wait_for()
    page.get_by_role("button", name="Change", exact=True).click()
    page.get_by_role("dialog").get_by_label("Label").fill("truth")
    page.get_by_role("button", name="Save the roles").click()
    page.get_by_text("edited").wait_for()
    assert visit.platform.http.get("/api/v1/models/seen/columns").json()["label"] == "truth"

    visit.open("/fleet")
    page.get_by_role("table", name="Fleet").get_by_role("link", name="seen").wait_for()
    visit.settle()
    keep(visit, screens, "/fleet", "story-light")
    assert visit.barriers() == []


def test_the_dashboard_is_seen_by_windows_of_predictions(visit: Visit, screens: Path | None) -> None:
    """Given a monitor that judges windows of 100 predictions, then the tab has these in place of days, and back."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=20)
    database = SqliteDatabase(f"sqlite:///{visit.platform.home}/unshelf.db")
    reference = baseline_of(asked(500, 0).to_batches, KINDS)
    for number in range(1, 5):
        rows, begin = asked(100, number, shift=12.0 if number == 4 else 0.0), start + timedelta(hours=3 * number)
        store_hour(database, "seen", 2, begin, rows, reference=reference, counted_at=begin)
        store_closed(database, "seen", 2, number, rows, reference=reference, start=begin)
    database.dispose()

    visit.enter()
    visit.open(f"{TAB}&version=2")
    page = visit.page
    page.get_by_role("combobox", name="Windows").click()
    page.get_by_role("option", name="100 predictions").click()
    page.wait_for_url("**window=*100*")
    page.get_by_role("img", name="Requests a window").wait_for()
    visit.settle()
    keep(visit, screens, f"{TAB}&window=100", "story-light")
    assert visit.barriers() == []

    page.reload()
    page.get_by_role("img", name="Requests a window").wait_for()
    page.get_by_role("combobox", name="Windows").click()
    page.get_by_role("option", name="Windows of time").click()
    page.get_by_role("img", name="Requests a day").wait_for()
