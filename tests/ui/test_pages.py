"""The pages as people use them: found, filtered, kept in the address, readable for everybody."""

import re
from pathlib import Path
from typing import Literal

from tests.support.long import LONG
from tests.ui.looking import Looking, Visit

PAGES = [
    "/", "/models", "/models/seen", "/models/seen?tab=call", "/models/seen?tab=api", "/models/seen?tab=versions",
    "/models/seen?tab=predictions", "/models/seen:1", "/projects",
    "/projects/lab", "/projects/lab?tab=goals", "/projects/lab?tab=members", "/projects/lab?tab=notes", "/requests", "/deploys", "/deploy",
    "/users", "/users/vera", "/groups", "/keys", "/audit", "/machine", "/profile", "/device", "/no/such/page", "/models/no-such-model",
    "/models/seen?tab=logs", "/models/seen/try", "/models/seen/predictions", "/predictions?tab=sql", "/data", "/data/orders",
    "/data/orders?tab=preview", "/environments", "/alerts", "/alert-policies", "/tiers", "/quotas", "/usage", "/usage?by=what",
    "/budgets", "/capacity",
    "/apps", "/projects/lab?tab=secrets", "/models/seen?tab=monitoring", "/fleet",
    "/projects/lab?tab=network", "/models/seen?tab=quality", "/monitors",
]  # fmt: skip
IN_BOTH_THEMES = {"/alerts", "/models/seen?tab=quality"}
"""Pages that are looked at in light and dark each time; test_alerts.py has an alert's card and a quality page with labels."""

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def test_everybody_can_read_every_page_in_light_and_dark(visit: Visit, screens: Path | None) -> None:
    visit.page.goto(visit.platform.url)
    visit.sees("heading", "Log in to Unshelf")
    found = {"/login": visit.barriers()}
    visit.enter()
    for number, path in enumerate(PAGES):
        visit.open(path)
        visit.settle()
        # In turn one page in light and the next in dark: both of each in `make test-long`, and where pictures are wanted.
        for scheme in SCHEMES if LONG or screens or path in IN_BOTH_THEMES else (SCHEMES[number % 2],):
            visit.switch_theme(scheme)
            found[f"{path} ({scheme})"] = visit.barriers()
            keep(visit, screens, path, scheme)
    assert {path: barriers for path, barriers in found.items() if barriers} == {}


def keep(visit: Visit, folder: Path | None, path: str, scheme: str) -> None:
    """Keep a picture of the page, where these are wanted."""
    if folder:
        visit.page.screenshot(path=folder / f"{re.sub(r'[^a-z0-9]+', '-', path).strip('-') or 'home'}-{scheme}.png")


def test_the_view_is_in_the_address_and_stays_on_a_reload(visit: Visit) -> None:
    visit.enter()
    visit.open("/models")
    visit.sees("link", "seen")
    visit.page.get_by_label("Filter by name").fill("no such")
    visit.sees("heading", "No model is like this")
    visit.page.wait_for_url("**/models?q=no*such")

    visit.page.reload()
    visit.sees("heading", "No model is like this")
    assert visit.page.get_by_label("Filter by name").input_value() == "no such"


def test_search_and_commands_are_one_box(visit: Visit) -> None:
    visit.enter()
    visit.page.keyboard.press("Control+k")
    visit.page.get_by_placeholder("Search models").fill("seen")
    visit.page.get_by_role("dialog").get_by_text("seen, version 1").click()
    visit.sees("heading", "seen, version 1")
    visit.page.keyboard.press("Control+k")
    visit.page.get_by_placeholder("Search models").fill("go to keys")
    visit.sees("button", "Go to Keys", exact=False)
    visit.page.keyboard.press("Enter")
    visit.sees("heading", "Keys")


def test_a_role_without_the_right_sees_no_button_and_the_api_refuses(visit: Visit) -> None:
    visit.log_in("vera")
    visit.sees("heading", "Good day, vera")
    visit.open("/models/seen")
    visit.sees("tab", "Overview")
    visit.settle()
    assert visit.page.get_by_role("button", name="Roll back").count() == 0
    assert visit.page.get_by_role("link", name="Users").count() == 0
    status = visit.page.evaluate(
        "fetch('/api/v1/session').then(a => a.json()).then(s => fetch('/api/v1/models/seen/rollback',"
        " {method: 'POST', headers: {'X-Unshelf-CSRF': s.csrf_token}})).then(a => a.status)"
    )
    assert status == 403


def test_a_stranger_sees_nothing(visit: Visit) -> None:
    visit.log_in("nora")
    visit.sees("heading", "Good day, nora")
    visit.open("/models/seen")
    visit.sees("heading", "There is nothing here")


def test_a_version_is_released_and_rolled_back(visit: Visit) -> None:
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    visit.open("/models/seen")
    visit.sees("button", "Release a version").click()
    dialog = visit.sees("dialog", "Release a version of seen")
    assert dialog.get_by_role("combobox", name="Version").input_value() == "2", "the newest, as version 1 is live"
    dialog.get_by_role("button", name="Release version 2").click()
    visit.page.get_by_text("version 2 is live").wait_for()

    visit.sees("button", "Roll back").click()
    visit.sees("dialog", "Roll back").get_by_role("button", name="Roll back").click()
    visit.page.get_by_text("version 1 is live").wait_for()


def test_what_others_change_appears_without_a_reload(visit: Visit) -> None:
    visit.enter()
    visit.open("/models/seen")
    visit.page.get_by_text("version 1 is live").wait_for()
    visit.platform.cli("pause", "seen")
    visit.page.get_by_text("version 1 is paused").wait_for()
    visit.platform.cli("resume", "seen")
    visit.page.get_by_text("version 1 is live").wait_for()


def test_a_key_is_made_shown_once_and_works(visit: Visit) -> None:
    visit.enter()
    visit.open("/keys")
    visit.sees("button", "Create a key").click()
    dialog = visit.sees("dialog", "Create a key")
    dialog.get_by_label("Name").fill("dashboard")
    dialog.get_by_label("Models").fill("seen")
    dialog.get_by_role("button", name="Create the key").click()
    token = visit.sees("dialog", "dashboard is ready").locator("pre").first.inner_text()
    answer = visit.platform.client(token).post("/models/seen/predict", json={"inputs": [{"a": 1.0, "b": 1.0}]})
    assert answer.status_code == 200, answer.text


def test_predictions_appear_whatever_came_of_them(visit: Visit) -> None:
    visit.enter()
    visit.open("/models/seen?tab=predictions&live=true")
    visit.settle()
    assert visit.platform.predict("seen", [{"a": 1.0, "b": 41.0}]) == [42.0]
    refused = visit.platform.http.post("/models/seen/predict", json={"inputs": [{"a": "<b>", "b": 1.0}]})
    assert refused.status_code == 422
    visit.page.get_by_text("422 invalid input").first.wait_for()
    visit.page.get_by_role("row").filter(has_text="422 invalid input").get_by_role("link").first.click()
    visit.sees("dialog", "One prediction").get_by_text("float64").first.wait_for()
    assert "one=" in visit.page.url


def test_what_people_write_is_text_and_nothing_else(visit: Visit) -> None:
    hostile = "<img src=x onerror=\"document.title='taken'\">{{7*7}}"
    made = visit.platform.http.post("/api/v1/projects", json={"name": "hostile", "title": hostile})
    assert made.status_code == 201
    visit.platform.http.post("/api/v1/projects/hostile/notes", json={"text": hostile})
    visit.enter()
    visit.open("/projects/hostile?tab=notes")
    visit.sees("heading", hostile)
    visit.page.locator("section").get_by_text(hostile).wait_for()
    assert visit.page.locator("img[src=x]").count() == 0
    assert visit.page.title() != "taken"


ON_A_PHONE = [
    "/alerts",
    "/environments",
    "/quotas",
    "/tiers",
    "/data",
    "/data/orders",
    "/projects/lab?tab=secrets",
    "/models/seen?tab=api",
]


def test_pages_fit_a_phone(looking: Looking, screens: Path | None) -> None:
    visit = looking.begin(width=390, height=844, scheme="dark")
    visit.enter()
    too_wide = []
    for path in ON_A_PHONE:
        visit.open(path)
        visit.settle()
        keep(visit, screens, path, "phone")
        if visit.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(path)
    assert too_wide == []
    visit.end()


def test_a_phone_has_the_navigation_behind_a_button(looking: Looking) -> None:
    visit = looking.begin(width=390, height=844)
    visit.enter()
    visit.page.get_by_role("button", name="Open the navigation").click()
    visit.page.get_by_role("link", name="Models", exact=True).click()
    visit.sees("heading", "Models")
    wide = visit.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, "the page is wider than the phone"
    assert visit.barriers() == []
    visit.end()
