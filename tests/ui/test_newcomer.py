"""The first hour of somebody who has an address and an invitation: each task with its clicks, counted as the browser counts them."""

import re
from pathlib import Path

from tests.support.accounts import PASSWORD
from tests.support.models import write_model
from tests.support.uploading import contents_of
from tests.ui.looking import Looking, Visit
from tests.ui.test_deploying import drop, press

COUNT = """
document.addEventListener("click", event => {
  if (event.isTrusted && event.detail) sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks") ?? 0) + 1);
}, true);
"""
SUM = "def predict(rows):\n    return [row['a'] * {factor} + row['b'] for row in rows]\n"


def clicks(visit: Visit) -> int:
    """The clicks since the last time."""
    return int(
        visit.page.evaluate(
            "() => { const n = sessionStorage.getItem('clicks'); sessionStorage.clear(); return n ?? 0; }"
        )
    )


def deploy(visit: Visit, folder: Path, *, factor: int) -> None:
    """Deploy a version from the page, by the ways that it shows."""
    visit.page.get_by_role("link", name="Deploys").click()
    visit.sees("link", "Deploy a model").click()
    model = write_model(folder / str(factor), name="first-hour", code=SUM.format(factor=factor))
    drop(visit, "model", contents_of(model))
    press(visit, "Deploy first-hour")


def ask(visit: Visit) -> None:
    """Fill in what is asked of the model."""
    visit.page.get_by_role("textbox", name="a", exact=True).fill("40")
    visit.page.get_by_role("textbox", name="b", exact=True).fill("2")


def accept(visit: Visit, link: str) -> None:
    """Follow an invitation."""
    page = visit.page
    page.goto(link)
    visit.sees("heading", "Welcome to Unshelf")
    assert page.get_by_role("textbox", name="Your login name").input_value() == "bea"
    assert visit.barriers() == []
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again", exact=True).fill(PASSWORD)
    press(visit, "Set the password")
    visit.sees("heading", "Good day, bea")


def test_an_invited_person_deploys_calls_compares_and_goes_back(looking: Looking, tmp_path: Path) -> None:
    visit = looking.begin()
    page = visit.page
    page.context.add_init_script(COUNT)
    invited = {"name": "bea", "role": "contributor", "project": "lab"}
    link = visit.platform.http.post("/api/v1/users", json=invited).json()["url"]

    accept(visit, link)
    taken = {"enter": clicks(visit)}

    deploy(visit, tmp_path, factor=1)
    visit.sees("link", "See first-hour")
    taken["deploy"] = clicks(visit)

    visit.sees("link", "How to call it").click()
    page.get_by_text(re.compile("curl .*/models/first-hour/predict")).first.wait_for()
    taken["call"] = clicks(visit)

    visit.sees("link", "Try it").click()
    ask(visit)
    page.get_by_role("region", name="Answer of Answer").get_by_text("42").wait_for()
    taken["what if"] = clicks(visit)

    deploy(visit, tmp_path, factor=2)
    visit.sees("link", "Try it").click()
    taken["second version"] = clicks(visit)

    ask(visit)
    page.get_by_role("combobox", name="Beside it").click()
    page.get_by_role("option", name="version 1").click()
    page.get_by_role("region", name="Answer of first-hour:2").get_by_text("82").wait_for()
    page.get_by_role("region", name="Answer of first-hour:1").get_by_text("42").wait_for()
    taken["compare"] = clicks(visit)

    page.get_by_label("Path").get_by_role("link", name="first-hour").click()
    press(visit, "Release a version")
    visit.sees("dialog", "Release a version of first-hour").get_by_role("button", name="Release version 2").click()
    page.get_by_text("version 2 is live").wait_for()
    taken["release"] = clicks(visit)

    press(visit, "Roll back")
    visit.sees("dialog", "Roll back").get_by_role("button", name="Roll back").click()
    page.get_by_text("version 1 is live").wait_for()
    taken["roll back"] = clicks(visit)
    visit.end()

    most = {
        "enter": 1,
        "deploy": 3,
        "call": 1,
        "what if": 1,
        "second version": 4,
        "compare": 2,
        "release": 3,
        "roll back": 2,
    }
    assert {task: count for task, count in taken.items() if count > most[task]} == {}, taken
