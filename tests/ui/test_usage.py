"""Usage, budgets and capacity as people look at them."""

from pathlib import Path

from tests.ui.looking import Visit
from tests.ui.test_pages import keep


def test_what_was_used_is_shown_and_a_budget_is_set(visit: Visit, screens: Path | None) -> None:
    platform = visit.platform
    platform.cli("tiers", "price", "small", "0.4")
    platform.cli("usage", "prices", "--cpu-hour", "0.05", "--memory-gib-hour", "0.01")
    platform.predict("seen", [{"a": 1.0, "b": 2.0}])
    visit.enter()
    visit.open("/usage")
    visit.sees("heading", "Usage")
    visit.page.get_by_role("table", name="Not billed").wait_for()
    visit.page.get_by_text("platform: gateway").wait_for()
    visit.settle()
    keep(visit, screens, "/usage", "story-light")
    visit.page.get_by_role("combobox", name="A line for each").click()
    visit.page.get_by_role("option", name="By kind of use").click()
    visit.page.wait_for_url("**/usage?by=what")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="Download CSV").click()
    assert "platform: gateway" in Path(download.value.path()).read_text()

    visit.open("/budgets")
    visit.sees("heading", "No budget is set")
    visit.page.get_by_role("button", name="Set a budget").first.click()
    visit.page.get_by_label("A month may cost").fill("250")
    visit.page.get_by_role("dialog").get_by_role("button", name="Set the budget").click()
    visit.page.get_by_text("250.00 EUR").wait_for()
    visit.page.get_by_text("within").wait_for()
    visit.settle()
    keep(visit, screens, "/budgets", "story-light")
    assert platform.http.get("/api/v1/budgets/*").json()["thresholds"] == [50, 80, 100]

    visit.open("/capacity")
    visit.page.get_by_text("No job waits.").wait_for()
    visit.settle()
    keep(visit, screens, "/capacity", "story-light")
    assert visit.barriers() == []
    platform.cli("budgets", "remove", "*")


def test_a_version_is_measured_from_its_page(visit: Visit, screens: Path | None) -> None:
    visit.enter()
    visit.open("/models/seen:1?tab=bench")
    visit.sees("heading", "Nothing was measured yet")
    visit.page.get_by_role("button", name="Measure it").click()
    dialog = visit.page.get_by_role("dialog")
    for tier in ("medium", "large"):
        dialog.get_by_role("checkbox", name=tier).uncheck()
    dialog.get_by_label("Seconds of each measurement").fill("1")
    dialog.get_by_role("button", name="Measure", exact=True).click()
    visit.page.wait_for_url("**/benches/*")
    visit.page.get_by_text("How it was measured").wait_for(timeout=60_000)
    visit.page.get_by_role("table", name="Measurements").get_by_text("small").first.wait_for()
    visit.sees("button", "Measure again")
    visit.settle()
    keep(visit, screens, "/benches", "story-light")
    assert visit.barriers() == []
    visit.page.get_by_role("link", name="seen:1").first.click()
    visit.page.get_by_role("link", name="The last bench").wait_for()
