"""Predictions and their stories, SQL, logs, secrets: what one looks at when one looks closer."""

import re

from tests.ui.looking import Visit

HOSTILE = "<img src=x onerror=\"document.title='taken'\">"


def test_a_prediction_is_found_and_tells_its_story(visit: Visit) -> None:
    refused = {"inputs": [{"a": HOSTILE, "b": 1.0}]}
    assert visit.platform.http.post("/models/seen/predict", json=refused).status_code == 422
    assert visit.platform.http.post("/models/seen/predict", json={"inputs": [{"a": 2.0, "b": 5.0}]}).status_code == 200
    visit.enter()
    visit.open("/models/seen/predictions?status=4xx")
    visit.page.get_by_text("422 invalid input").first.wait_for()
    visit.page.get_by_role("region", name="Predictions").get_by_role("link").first.click()
    story = visit.sees("dialog", "One prediction")
    story.get_by_text("document.title").first.wait_for()
    assert re.search(r"one=\w+", visit.page.url)
    assert visit.page.evaluate("document.title") != "taken"

    visit.page.reload()
    visit.sees("dialog", "One prediction").get_by_text("What went wrong").wait_for()
    visit.page.keyboard.press("Escape")
    visit.page.get_by_role("dialog").wait_for(state="hidden")


def test_the_tail_of_a_model_is_live(visit: Visit) -> None:
    visit.enter()
    visit.open("/models/seen/predictions?live=true&status=ok")
    visit.settle()
    answer = visit.platform.http.post("/models/seen/predict", json={"inputs": [{"a": 2.0, "b": 5.0}]})
    visit.page.locator(f"a[href*='{answer.json()['id']}']").wait_for()


def test_sql_gives_a_table(visit: Visit) -> None:
    visit.enter()
    visit.open("/predictions?tab=sql")
    visit.page.get_by_role("textbox", name="SQL").fill("select 6 * 7 as answer, '<img src=x>' as text")
    visit.sees("button", "Run the query").click()
    table = visit.sees("region", "Results")
    table.get_by_text("42").wait_for()
    table.get_by_text("<img src=x>").wait_for()
    visit.page.get_by_role("textbox", name="SQL").fill("select nothing")
    visit.sees("button", "Run the query").click()
    visit.sees("alert", "", exact=False)


def test_a_secret_is_set_and_only_its_name_is_shown(visit: Visit) -> None:
    visit.enter()
    visit.open("/projects/lab?tab=secrets")
    visit.sees("button", "Set a secret").click()
    dialog = visit.sees("dialog", "Set a secret of lab")
    dialog.get_by_label("Name").fill("DATABASE_PASSWORD")
    dialog.get_by_label("Value").fill("never seen again")
    dialog.get_by_role("button", name="Set the secret").click()
    visit.page.get_by_role("region", name="Secrets").get_by_text("DATABASE_PASSWORD").wait_for()
    assert "never seen again" not in visit.page.content()
