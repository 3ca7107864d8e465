"""The page of the machine: what `unshelf doctor` finds, each with its remedy, and backups that an administrator has made."""

import json
from pathlib import Path

from tests.support.platform import Platform
from tests.support.waiting import wait_until
from tests.ui.looking import Looking, Visit


def test_the_page_agrees_with_doctor_and_makes_a_backup(
    shown: Platform, looking: Looking, visit: Visit, screens: Path | None
) -> None:
    page = visit.page
    visit.enter()
    visit.open("/machine")
    # Everything that doctor has from the server is there, with what to do.
    found = json.loads(shown.cli("doctor", "--json", check=False).stdout)["server"]
    page.get_by_role("heading", name="Checks").wait_for()
    said = " ".join(page.locator("main").inner_text().split())
    for check in found["machine"]["machine"]["checks"]:
        assert check["name"] in said
        assert check["state"] == "ok" or check["hint"] in said, check
    for alert in found["alerts"]:
        assert alert["summary"] in said and alert["advice"] in said
    # A click makes a backup, which is seen at work, and then in the list.
    before = len(shown.http.get("/api/v1/backups").json()["backups"])
    wait_until(lambda: not shown.http.get("/api/v1/backups").json()["is_running"])
    page.reload()
    page.get_by_role("button", name="Back up now").click()
    page.get_by_role("progressbar", name="Steps of the backup").or_(page.get_by_text("somebody asked")).first.wait_for()
    wait_until(lambda: len(shown.http.get("/api/v1/backups").json()["backups"]) > before)
    table = page.get_by_role("table", name="Backups")
    table.get_by_role("row").filter(has_text="somebody asked").filter(has_text="done").first.wait_for()
    assert shown.http.get("/api/v1/backups").json()["backups"][0]["reason"] == "asked"
    assert visit.barriers() == []
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
        look(looking, screens, scheme, width)


def test_who_may_not_manage_the_platform_sees_no_button(looking: Looking) -> None:
    visit = looking.begin()
    Visit.invite(visit.platform, "olga", role="auditor")
    visit.log_in("olga")
    visit.sees("heading", "Unshelf")
    visit.open("/machine")
    visit.settle()
    assert visit.page.get_by_role("button", name="Back up now").count() == 0
    visit.end()


def look(looking: Looking, screens: Path | None, scheme: str, width: int) -> None:
    """Hold the page to the rules in another look; keep a picture where these are wanted."""
    visit = looking.begin(scheme=scheme, width=width)
    visit.enter()
    visit.open("/machine")
    visit.page.get_by_role("table", name="Backups").wait_for()
    visit.settle()
    assert visit.barriers() == []
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"
    if screens:
        visit.page.screenshot(path=screens / f"machine-{scheme}-{width}.png", full_page=True)
    visit.end()
