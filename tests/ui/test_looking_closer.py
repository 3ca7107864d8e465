"""Predictions and their stories, SQL, logs, secrets: what one looks at when one looks closer."""

import re
from pathlib import Path

import pyarrow.parquet as pq

from tests.support.models import write_model
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


def test_a_traceback_is_found_by_the_id_that_a_caller_quotes(visit: Visit, tmp_path: Path) -> None:
    code = "def predict(rows):\n    return [1 / row['a'] for row in rows]\n"
    visit.platform.cli(
        "deploy", str(write_model(tmp_path / "fragile", name="fragile", code=code, example=[{"a": 1.0}, {"a": 2.0}]))
    )
    failed = visit.platform.http.post("/models/fragile/predict", json={"inputs": [{"a": 0.0}]})
    assert failed.status_code == 500 and "row['a']" not in failed.text
    visit.enter()
    visit.open("/models/fragile?tab=logs")
    visit.page.get_by_label("Id of a prediction").fill(failed.json()["id"])
    visit.sees("button", "Find its traceback").click()
    visit.sees("dialog", "One prediction").get_by_text("1 / row['a']").first.wait_for()


def test_results_of_sql_are_drawn_and_saved_with_exact_integers(visit: Visit) -> None:
    visit.enter()
    visit.open("/predictions?tab=sql&sql=select x, 9007199254740993 as large, sin(x) as y from range(50) t(x)")
    visit.page.get_by_text("9007199254740993").first.wait_for()
    visit.page.get_by_role("radiogroup", name="Shown as").get_by_text("Chart").click()
    visit.page.locator("canvas").first.wait_for()
    with visit.page.expect_download() as download:
        visit.sees("button", "Download Parquet").click()
    table = pq.read_table(download.value.path())
    assert (table.num_rows, table.column("large")[0].as_py()) == (50, 9007199254740993)


def test_a_place_is_granted_and_taken_away_in_the_page(visit: Visit) -> None:
    visit.platform.cli("network", "seen:1", "--access", "none")
    visit.enter()
    visit.open("/projects/lab?tab=network")
    visit.sees("table", "Networks").get_by_role("link", name="seen:1").click()
    visit.sees("button", "Grant a place").click()
    dialog = visit.sees("dialog", "Grant seen:1 a place")
    dialog.get_by_label("Place").fill("db.example.org")
    dialog.get_by_role("button", name="Grant this place").click()
    dialog.get_by_text("no port").first.wait_for()
    dialog.get_by_label("Place").fill("db.example.org:5432")
    dialog.get_by_role("button", name="Grant this place").click()
    visit.sees("button", "Take away").click()
    visit.sees("dialog", "Take away").get_by_role("button", name="Take away").click()
    visit.page.get_by_role("dialog").wait_for(state="detached")
    (shown,) = visit.platform.http.get("/api/v1/models/seen:1/network").json()["versions"]
    assert shown["allow"] == []
