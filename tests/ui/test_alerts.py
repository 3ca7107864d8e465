"""An alert, from the e-mail to its end: the card says why and what to do, and the rollback that it proposes ends it."""

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.accounts import PASSWORD
from tests.support.notifying import Mailbox
from tests.support.waiting import wait_until
from tests.ui.looking import Looking, Visit
from unshelf.foundation.ids import new_id


def found(visit: Visit) -> str:
    """Have version 2 of seen be found to drift since its release, with the evidence of a monitor, and a kind that none ends."""
    id, moment = new_id(), datetime.now(UTC)
    window = {"since": (moment - timedelta(hours=1)).isoformat(), "until": moment.isoformat(), "rows": 812}
    columns = [
        {
            "column": "out:label",
            "measure": "js",
            "value": 0.41,
            "threshold": 0.1,
            "say": "Far more rows are called 1 than before.",
        },
        {
            "column": "in:x",
            "measure": "js",
            "value": 0.13,
            "threshold": 0.1,
            "say": "Its middle moved from 0.2 to 0.5.",
        },
        {"column": "in:y", "measure": "js", "value": 0.04, "threshold": 0.1, "say": "About as before."},
    ]
    evidence = {
        "monitor": "outputs",
        "version": 2,
        "window": window,
        "reference": "version:1",
        "columns": columns,
        "since": window["since"],
    }
    stored = moment.strftime("%Y-%m-%d %H:%M:%S.%f")
    values = (
        id, "odd_answers", "seen", "critical", "Outputs of seen drifted in 2 of 3 columns.", json.dumps(evidence), "replace",
        "Look at the release first: the version before may answer as people expect.", "admin", stored, stored, "",
    )  # fmt: skip
    with sqlite3.connect(visit.platform.home / "unshelf.db", timeout=30) as database:
        database.execute(
            "insert into alerts (id, kind, model, severity, summary, evidence, action, advice, owner, raised_at, seen_at, resolved_because)"
            f" values ({', '.join('?' * len(values))})",
            values,
        )
    return id


def test_the_link_in_a_mail_leads_to_the_card_and_its_rollback_ends_the_alert(
    looking: Looking, mailbox: Mailbox, screens: Path | None
) -> None:
    """Given a model whose support names carl, when it drifts after a release, then his e-mail leads, by a login, to the card, which
    says why, and the rollback that it ranks first is done, kept, and the end of it."""
    visit = looking.begin()
    wanted = {"level": "critical", "owner": {"name": "carl"}}
    assert visit.platform.http.put("/api/v1/models/seen/support", json=wanted).status_code == 200
    assert visit.platform.http.put("/api/v1/models/seen/release", json={"version": 2, "percent": 100}).is_success
    id = found(visit)
    wait_until(lambda: any(f"/alerts/{id}" in mail.get_content() for mail in mailbox.received), what="the e-mail")
    (mail,) = [mail for mail in mailbox.received if f"/alerts/{id}" in mail.get_content()]
    assert (mail["To"], "Suggested: Roll back to version 1." in mail.get_content()) == ("carl@example.com", True)
    link = re.search(r"http://\S+", mail.get_content())
    assert link is not None

    visit.page.goto(link[0])
    visit.page.get_by_label("Login name").fill("carl")
    visit.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visit.page.get_by_role("button", name="Log in").click()
    visit.sees("heading", "Outputs of seen drifted in 2 of 3 columns.")
    visit.settle()
    first = visit.page.get_by_role("list", name="What to do, the best first").get_by_role("listitem").first
    assert "Roll back to version 1" in first.inner_text()
    assert visit.barriers() == []
    if screens:
        visit.page.screenshot(path=screens / "alert-light.png", full_page=True)
        visit.page.emulate_media(color_scheme="dark")
        visit.page.locator("html[data-mantine-color-scheme=dark]").wait_for()
        visit.page.screenshot(path=screens / "alert-dark.png", full_page=True)
        visit.page.set_viewport_size({"width": 390, "height": 844})
        visit.page.screenshot(path=screens / "alert-phone.png", full_page=True)
        visit.page.set_viewport_size({"width": 1280, "height": 860})
    first.get_by_role("button", name="Roll back to version 1").click()
    dialog = visit.sees("dialog", "Roll back to version 1")
    dialog.get_by_label("Why").fill("It calls everything 1.")
    dialog.get_by_role("button", name="Roll back to version 1").click()

    visit.page.get_by_text("Version 2 gets no traffic any more.").first.wait_for()
    visit.page.get_by_role("list", name="Decisions").get_by_text("It calls everything 1.").wait_for()
    assert visit.platform.http.get("/api/v1/models/seen").json()["release"][0]["version"] == 1
    visit.end()
