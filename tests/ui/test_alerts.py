"""An alert, from the e-mail to its end: the card says why and what to do, and the rollback that it proposes ends it."""

import random
import re
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from tests.support.accounts import PASSWORD
from tests.support.models import write_model
from tests.support.notifying import Mailbox
from tests.support.past_traffic import write_past
from tests.support.platform import Platform
from tests.support.waiting import wait_until
from tests.ui.looking import Looking, Visit

HIGH = "def predict(rows):\n    return ['high' if row['height'] > {above} else 'low' for row in rows]\n"
DAY = 86_400.0
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LABELLED_DAY = 4
LEAST_REASON = 120
"""Pixels."""
MOST_CLICKS = 2
"""The clicks from the card until a person sees why: under three."""
COUNTING = """
addEventListener("click", () => sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks")) + 1), true);
"""


def rows(seed: int, count: int = 300) -> list[dict[str, float]]:
    chance = random.Random(seed)
    return [{"height": chance.gauss(2.0, 0.6), "wind": chance.uniform(0.0, 12.0)} for _ in range(count)]


def deploy_tides(platform: Platform, folder: Path, above: float) -> None:
    example = [{"height": 1.5, "wind": 3.0}, {"height": 2.5, "wind": 9.0}]
    platform.cli(
        "deploy",
        str(write_model(folder, name="tides", code=HIGH.format(above=above), example=example)),
        "--project",
        "lab",
    )


@pytest.fixture(scope="module")
def tides(shown: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A model whose second version, released yesterday at noon, calls twice as much high; its records of four days lie in the home folder,
    and what was true of the first."""
    platform = shown
    for number, above in ((1, 2.5), (2, 1.7)):
        deploy_tides(platform, tmp_path_factory.mktemp(f"tides-{number}"), above)
    platform.http.put("/api/v1/models/tides/release", json={"version": 2, "percent": 100}).raise_for_status()
    today = time.time() // DAY * DAY
    for days, version, above in ((4, 1, 2.5), (3, 1, 2.5), (1, 1, 2.5), (0.5, 2, 1.7)):
        answered = [(row, "high" if row["height"] > above else "low") for row in rows(round(2 * days))]
        begin = today - days * DAY
        ids = write_past(platform.home, "tides", version, begin=begin, seconds=DAY / 2 - 1, answered=answered)
        if days == LABELLED_DAY:
            labels = [{"prediction_id": id, "value": answer} for id, (_, answer) in zip(ids, answered, strict=True)]
            platform.http.post("/api/v1/labels", json={"model": "tides", "labels": labels}).raise_for_status()
    with sqlite3.connect(
        platform.home / "unshelf.db", timeout=30
    ) as database:  # the releases are of before their records
        for days, live in ((4, 0), (0.5, 1)):
            stamp = datetime.fromtimestamp(today - days * DAY, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
            database.execute("update releases set created_at = ? where model = 'tides' and live = ?", (stamp, live))
    support = {"level": "critical", "owner": {"name": "carl"}}
    platform.http.put("/api/v1/models/tides/support", json=support).raise_for_status()
    platform.cli("monitors", "set", "tides", "outputs", "--reference", "version:1")
    return platform


def alert_of(platform: Platform) -> str:
    """The id of the alert that the monitor of outputs raises, once the records are counted."""

    def look() -> str | None:
        platform.cli("monitors", "backfill", "tides", "outputs", "--since", "5d")
        found = platform.http.get("/api/v1/alerts", params={"model": "tides"}).json()["alerts"]
        return next((str(each["id"]) for each in found if each["kind"] == "outputs_drifted"), None)

    return wait_until(look, what="the monitor finds it", seconds=120)


def test_data_to_train_on_anew_are_collected_from_the_card(visit: Visit, tides: Platform) -> None:
    """Given drifted answers and labels, when somebody presses the card's button, then the card shows how far it is and what results."""
    id = alert_of(tides)
    visit.enter()
    visit.open(f"/alerts/{id}")
    visit.sees("list", "What to do, the best first").get_by_role("button", name="Collect retraining data").click()
    dialog = visit.sees("dialog", "Collect retraining data")
    dialog.get_by_text("The labelled predictions of the last 30 days").wait_for()
    dialog.get_by_label("Why").fill("The new harbour wall.")
    dialog.get_by_role("button", name="Collect retraining data").click()
    collected = visit.sees("list", "Retraining data")
    collected.get_by_text("300 rows, 300 with a label").wait_for()
    visit.page.get_by_role("list", name="Decisions").get_by_text("The new harbour wall.").wait_for()
    visit.settle()
    assert visit.barriers() == []
    collected.get_by_role("link", name="tides-seen, version 1").click()
    visit.sees("heading", "tides-seen")
    visit.page.get_by_text("version 1: 300 rows").wait_for()


def test_an_alert_and_the_quality_of_its_model_can_be_read_in_light_and_dark(
    visit: Visit, tides: Platform, screens: Path | None
) -> None:
    """Given an open alert, and labels, then the list, the card, the reasons and the quality page are readable in both themes."""
    id = alert_of(tides)
    visit.enter()
    found = {}
    paths = {
        "alerts": "/alerts", "card": f"/alerts/{id}", "reasons": f"/models/tides/diagnosis?alert={id}",
        "quality": "/models/tides?tab=quality", "fleet": "/fleet",
    }  # fmt: skip
    for name, path in paths.items():
        visit.open(path)
        visit.settle()
        if name == "quality":
            visit.page.get_by_role("region", name="Labels").get_by_text("300").wait_for()
        if name == "fleet":
            assert_fits(visit)
        for scheme in THEMES:
            visit.switch_theme(scheme)
            found[f"{name} ({scheme})"] = visit.barriers()
            if screens:
                visit.page.screenshot(path=screens / f"tides-{name}-{scheme}.png", full_page=True)
    assert {path: barriers for path, barriers in found.items() if barriers} == {}


def assert_fits(visit: Visit) -> None:
    """Nothing of the fleet is out of sight at the usual width, though the reason of tides is long; what it counts is said above it."""
    visit.sees("columnheader", "Requests, 24 h")
    row = visit.page.get_by_role("row").filter(has_text="tides")
    reason = row.get_by_role("cell").nth(2)
    assert reason.evaluate("cell => cell.scrollWidth > cell.clientWidth"), "the reason is cut short"
    assert reason.evaluate("cell => cell.clientWidth") >= LEAST_REASON, "and is readable"
    frame = visit.page.get_by_role("region", name="Fleet")
    assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth"), "the table fits"


def clicks(visit: Visit) -> int:
    return int(visit.page.evaluate("Number(sessionStorage.getItem('clicks'))"))


def test_the_link_in_a_mail_leads_to_the_card_the_reason_and_the_rollback_that_ends_the_alert(
    looking: Looking, tides: Platform, mailbox: Mailbox, screens: Path | None
) -> None:
    """Given a model whose support names carl, when its answers drift after a release, then his e-mail leads, by a login, to the card;
    he sees why in under three clicks, and the rollback that is ranked first is done, kept, and the end of the alert."""
    visit = looking.begin()
    visit.page.add_init_script(COUNTING)
    id = alert_of(tides)
    wait_until(lambda: any(f"/alerts/{id}" in mail.get_content() for mail in mailbox.received), what="the e-mail")
    mail = next(mail for mail in mailbox.received if f"/alerts/{id}" in mail.get_content())
    assert mail["To"] == "carl@example.com"
    assert "Suggested: Roll back to version 1." in mail.get_content()
    link = re.search(r"http://\S+", mail.get_content())
    assert link is not None

    visit.page.goto(link[0])
    visit.page.get_by_label("Login name").fill("carl")
    visit.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visit.page.get_by_role("button", name="Log in").click()
    visit.sees("heading", "Outputs of tides:2 have drifted", exact=False)
    visit.settle()
    first = visit.page.get_by_role("list", name="What to do, the best first").get_by_role("listitem").first
    assert "Roll back to version 1" in first.inner_text()
    assert visit.barriers() == []
    keep(visit, screens, "alert")

    begun = clicks(visit)
    visit.sees("link", "Why: columns, slices, times").click()
    visit.sees("heading", "Why tides has changed")
    visit.settle()
    changed = visit.page.get_by_role("main").inner_text()
    assert "version:1" not in changed
    assert "version 1" in changed
    assert clicks(visit) - begun <= MOST_CLICKS
    assert visit.barriers() == []
    keep(visit, screens, "why")

    visit.sees("link", "The alert").click()
    first.get_by_role("button", name="Roll back to version 1").click()
    dialog = visit.sees("dialog", "Roll back to version 1")
    dialog.get_by_label("Why").fill("It calls too much high.")
    dialog.get_by_role("button", name="Roll back to version 1").click()

    visit.page.get_by_text("Version 2 gets no traffic any more.").first.wait_for()
    visit.page.get_by_role("list", name="Decisions").get_by_text("It calls too much high.").wait_for()
    assert tides.http.get("/api/v1/models/tides").json()["release"][0]["version"] == 1
    over = f"{visit.platform.url}/alerts/{id}"
    wait_until(lambda: sum(over in mail.get_content() for mail in mailbox.received) > 1, what="the e-mail of its end")
    keep(visit, screens, "alert-over")
    visit.end()


def keep(visit: Visit, screens: Path | None, name: str) -> None:
    """Keep pictures in light, dark and on a phone, where they are wanted."""
    if not screens:
        return
    visit.page.screenshot(path=screens / f"{name}-light.png", full_page=True)
    visit.switch_theme("dark")
    visit.page.screenshot(path=screens / f"{name}-dark.png", full_page=True)
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.page.screenshot(path=screens / f"{name}-phone.png", full_page=True)
    visit.page.set_viewport_size({"width": 1280, "height": 860})
    visit.page.emulate_media(color_scheme="light")
