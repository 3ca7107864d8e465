"""Pipelines in the page: run, watched as a graph, looked into, and run again with a change."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.platform import Platform
from tests.ui.looking import COLOURS, Visit
from unshelf.client.jobs import call

STEPS = b"""\
def split(share):
    return {"train": [1, 2, 3], "share": share}

def fit(rows, depth):
    return {"score": len(rows) * depth}

def report(rows):
    raise SystemExit("The report broke.")
"""


@pytest.fixture(scope="module")
def pipeline(shown: Platform) -> str:
    """A pipeline of the laboratory, whose report breaks."""
    files = []
    for path, content in (("unshelf_call.py", Path(call.__file__).read_bytes()), ("steps.py", STEPS)):
        digest = hashlib.sha256(content).hexdigest()
        assert shown.http.put(f"/api/v1/blobs/{digest}", params={"project": "lab"}, content=content).is_success
        files.append({"path": path, "sha256": digest, "size": len(content)})
    usual: dict[str, Any] = {"files": ["unshelf_call.py", "steps.py"], "requirements": []}
    rows = {"step": "split", "at": ["train"]}
    wanted = {
        "project": "lab", "name": "weekly", "description": "Fit it every week.", "files": files,
        "parameters": [{"name": "depth", "type": "int", "default": 2}],
        "steps": [
            usual | {"name": "split", "function": "steps.py:split", "arguments": {"share": {"value": 0.3}}},
            usual | {"name": "fit", "function": "steps.py:fit", "arguments": {"rows": rows, "depth": {"parameter": "depth"}}},
            usual | {"name": "report", "function": "steps.py:report", "arguments": {"rows": rows}, "after": ["fit"]},
            {"name": "approve", "kind": "approval", "arguments": {"question": {"value": "Go on?"}}, "after": ["report"]},
        ],
    }  # fmt: skip
    answer = shown.http.post("/api/v1/pipelines", json=wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_pipeline_is_run_watched_and_run_again_with_a_change(
    visit: Visit, pipeline: str, screens: Path | None
) -> None:
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    visit.open("/pipelines")
    visit.sees("link", "weekly").click()
    visit.page.get_by_text("Fit it every week.").wait_for()
    visit.page.get_by_role("button", name=re.compile("^fit")).click()
    visit.page.get_by_text('split["train"]').wait_for()
    assert visit.barriers() == []
    visit.page.get_by_role("button", name="Run", exact=True).click()
    visit.page.get_by_role("button", name="Run weekly").click()
    visit.sees("heading", "Run of weekly")
    visit.page.get_by_text("report: Its program ended with exit status 1. · ").or_(
        visit.page.get_by_text("report: Its program ended with exit status 1.")
    ).first.wait_for()
    visit.page.get_by_text("2 of 4 steps are done").wait_for()
    shoot(visit, screens, "pipeline-run")
    assert visit.barriers() == []
    visit.page.get_by_role("button", name=re.compile("^fit")).click()
    visit.page.get_by_text("score", exact=True).wait_for()
    visit.page.get_by_role("link", name="See what it printed, took and left").click()
    visit.sees("heading", "weekly · fit")
    visit.page.go_back()

    visit.page.get_by_role("button", name="Change and run again").click()
    visit.page.get_by_label("depth").fill("5")
    visit.page.get_by_role("button", name="Run weekly again").click()
    visit.page.get_by_text("cached", exact=True).first.wait_for()
    visit.page.get_by_text("an earlier run", exact=True).wait_for()
    visit.page.get_by_role("button", name="Resume the run").wait_for()
    run = visit.page.url.rpartition("/")[2].partition("?")[0]
    shown = visit.platform.http.get(f"/api/v1/pipeline-runs/{run}").json()
    assert {step["name"]: step["state"] for step in shown["steps"]} == {
        "split": "cached", "fit": "succeeded", "report": "failed", "approve": "cancelled"
    }  # fmt: skip
    assert json.dumps(shown["parameters"]) == '{"depth": 5}'


def test_lists_and_graphs_are_readable_in_the_dark_and_on_a_phone(
    visit: Visit, pipeline: str, screens: Path | None
) -> None:
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    for path in ("/pipelines", f"/pipelines/{pipeline}"):
        visit.open(path)
        visit.settle()
        assert visit.barriers() == []
        shoot(visit, screens, path.split("/")[1] + ("-one" if path.count("/") > 1 else ""))
        visit.page.emulate_media(color_scheme="dark")
        visit.page.locator("html[data-mantine-color-scheme=dark]").wait_for()
        assert visit.barriers(COLOURS) == []
        visit.page.emulate_media(color_scheme="light")
    run = visit.platform.http.get("/api/v1/pipeline-runs", params={"pipeline": pipeline}).json()["runs"][0]["id"]
    visit.open(f"/pipeline-runs/{run}")
    visit.settle()
    visit.page.emulate_media(color_scheme="dark")
    visit.page.locator("html[data-mantine-color-scheme=dark]").wait_for()
    assert visit.barriers(COLOURS) == []
    shoot(visit, screens, "pipeline-run-dark")
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.settle()
    width = visit.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "the page is wider than a phone"
    shoot(visit, screens, "pipeline-run-phone")


def test_a_viewer_looks_and_has_no_button(visit: Visit, pipeline: str) -> None:
    visit.log_in("vera")
    visit.sees("heading", "Good day, vera")
    visit.open(f"/pipelines/{pipeline}")
    visit.sees("heading", "weekly")
    assert visit.page.get_by_role("button", name="Run", exact=True).count() == 0


def shoot(visit: Visit, folder: Path | None, name: str) -> None:
    """Keep a picture of the page, where these are wanted."""
    if folder:
        visit.page.screenshot(path=folder / f"{name}.png", full_page=True)
