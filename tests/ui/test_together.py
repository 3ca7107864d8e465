"""What people say of models and projects, what they follow, and the files of versions."""

import re
from pathlib import Path

from tests.ui.looking import Visit

HOSTILE = "<img src=x onerror=\"document.title='taken'\"> @vera"


def test_a_comment_is_written_changed_and_deleted_and_is_text_and_nothing_else(visit: Visit) -> None:
    visit.enter()
    visit.open("/models/seen")
    visit.settle()
    visit.page.get_by_role("textbox", name="Comment").fill(HOSTILE)
    visit.sees("button", "Comment").click()
    said = visit.page.get_by_role("list", name="Comments").get_by_role("listitem")
    said.get_by_text("<img src=x").wait_for()
    assert visit.page.locator("img[src=x]").count() == 0
    said.get_by_role("button", name="Edit").click()
    said.get_by_role("textbox", name="Comment").fill("It was the second release.")
    said.get_by_role("button", name="Keep the change").click()
    said.get_by_text("edited").wait_for()
    said.get_by_role("button", name="Delete").click()
    visit.sees("dialog", "Delete").get_by_role("button", name="Delete").click()
    said.get_by_text("deleted").wait_for()


def test_tags_are_added_and_removed_and_a_viewer_can_do_neither(visit: Visit) -> None:
    visit.enter()
    visit.open("/models/seen:1?tab=version")
    visit.page.get_by_label("New tag").fill("gold")
    visit.sees("button", "Add the tag").click()
    visit.sees("button", "Remove the tag gold")
    visit.page.context.clear_cookies()
    visit.log_in("vera")
    visit.sees("heading", "Good day, vera")
    visit.open("/models/seen:1?tab=version")
    visit.page.get_by_role("group", name="Tags").get_by_text("gold").wait_for()
    assert visit.page.get_by_role("button", name="Remove the tag").count() == 0
    assert visit.page.get_by_label("New tag").count() == 0


def test_a_model_is_followed(visit: Visit) -> None:
    visit.log_in("vera")
    visit.sees("heading", "Good day, vera")
    visit.open("/models/seen")
    button = visit.page.get_by_role("button", name=re.compile("^(Follow|Unfollow)$")).first
    button.wait_for()
    if button.inner_text() == "Unfollow":  # who comments follows
        button.click()
    visit.sees("button", "Follow").click()
    visit.sees("button", "Unfollow")
    visit.page.reload()
    visit.sees("button", "Unfollow").click()
    visit.sees("button", "Follow")


def test_a_file_of_a_version_comes_as_an_attachment_of_bytes(visit: Visit) -> None:
    visit.enter()
    visit.open("/models/seen:1?tab=version")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("table", name="Files").get_by_role("link", name="predict.py").click()
    assert download.value.suggested_filename == "predict.py"
    assert "def " in Path(download.value.path()).read_text()
    answer = visit.platform.http.get("/api/v1/models/seen:1/file", params={"path": "predict.py"})
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''predict.py"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_goal_is_set_and_tied_to_a_version(visit: Visit) -> None:
    visit.enter()
    visit.open("/projects/lab?tab=goals")
    visit.sees("button", "Set a goal").click()
    dialog = visit.sees("dialog", "Set a goal")
    dialog.get_by_label("Title").fill("Fewer errors <b>")
    dialog.get_by_label("Metric").fill("recall")
    dialog.get_by_label("Target").fill("0.9")
    dialog.get_by_role("button", name="Set a goal").click()
    goal = visit.page.locator("section.card").filter(has=visit.page.get_by_role("heading", name="Fewer errors <b>"))
    goal.get_by_role("button", name="Tie a version").click()
    dialog = visit.sees("dialog", "Tie a version")
    dialog.get_by_role("combobox", name="Version").click()
    visit.page.get_by_role("option", name="seen:1").click()
    dialog.get_by_role("button", name="Tie a version").click()
    goal.get_by_role("link", name="seen:1").wait_for()
    goal.get_by_role("button", name="Note a value").click()
    dialog = visit.sees("dialog", "Note a value")
    dialog.get_by_label("Value").fill("0.95")
    dialog.get_by_label("Where it comes from").fill("By hand")
    dialog.get_by_role("button", name="Note a value").click()
    goal.get_by_text("reached", exact=True).wait_for()
