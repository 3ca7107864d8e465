"""Jobs in the page: watched as they print, changed and run again, swept, and set to run by themselves."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.support.platform import Platform
from tests.ui.looking import COLOURS, Visit

PROGRAM = b"""\
import json, os, pathlib

parameters = json.loads(pathlib.Path(os.environ["UNSHELF_PARAMETERS"]).read_text())
print("training with", parameters, flush=True)
out = pathlib.Path(os.environ["UNSHELF_OUTPUTS"])
(out / "results.json").write_text(json.dumps({"score": 10 - abs(parameters["depth"] - 4)}))
(out / "model.txt").write_text("a model")
"""


@pytest.fixture(scope="module")
def job(shown: Platform) -> str:
    """A job of the laboratory."""
    digest = hashlib.sha256(PROGRAM).hexdigest()
    assert shown.http.put(f"/api/v1/blobs/{digest}", params={"project": "lab"}, content=PROGRAM).is_success
    files = [{"path": "train.py", "sha256": digest, "size": len(PROGRAM)}]
    wanted = {
        "project": "lab", "name": "training", "files": files, "command": ["train.py"], "requirements": [],
        "parameters": {"depth": 3},
    }  # fmt: skip
    answer = shown.http.post("/api/v1/jobs", json=wanted)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["ids"][0])


def test_a_job_is_watched_and_run_again_with_a_change(visit: Visit, job: str, screens: Path | None) -> None:
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    visit.open("/jobs")
    visit.sees("link", "training").click()
    visit.page.get_by_text("training with {'depth': 3}").wait_for()
    visit.page.get_by_text("succeeded", exact=True).first.wait_for()
    shoot(visit, screens, "job")
    visit.page.get_by_role("tab", name="Results").click()
    visit.page.get_by_text("score").first.wait_for()
    visit.page.get_by_role("tab", name="Files (2)").click()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="model.txt").click()
    assert download.value.path().read_text() == "a model"
    assert visit.barriers() == []

    visit.page.get_by_role("button", name="Change and run again").click()
    visit.page.get_by_label("Parameters, as JSON").fill(json.dumps({"depth": 4}))
    visit.page.get_by_role("button", name="Run training again").click()
    visit.page.get_by_text("training with {'depth': 4}").wait_for()
    visit.page.get_by_role("tab", name="Made of").click()
    visit.page.get_by_role("link", name=job[-6:]).wait_for()


def test_a_sweep_of_a_job_shows_the_best(visit: Visit, job: str, screens: Path | None) -> None:
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    visit.open(f"/jobs/{job}")
    visit.page.get_by_role("button", name="Sweep", exact=True).click()
    visit.page.get_by_label("Parameters, one a line").fill("depth = 2, 3, 4")
    visit.page.get_by_role("combobox", name="Strategy").click()
    visit.page.get_by_role("option", name="Grid").click()
    visit.page.get_by_role("button", name="Sweep training").click()
    visit.sees("heading", "Best score: 10")
    visit.page.get_by_text("3 of 3 trials are over").wait_for()
    visit.page.get_by_role("img", name=re.compile("Each of 3 trials")).wait_for()
    shoot(visit, screens, "sweep")
    assert visit.barriers() == []


def test_a_job_is_set_to_run_by_the_clock_and_on_new_data(visit: Visit, job: str, screens: Path | None) -> None:
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    visit.open(f"/jobs/{job}")
    visit.page.get_by_role("button", name="Run by itself").click()
    visit.page.get_by_role("menuitem", name="By the clock").click()
    visit.page.get_by_label("Name").fill("weekly")
    visit.page.get_by_role("combobox", name="How often").click()
    visit.page.get_by_role("option", name="Another timetable").click()
    visit.page.get_by_label("When").fill("30 6 * * MON")
    visit.page.get_by_text("Next: ").wait_for()
    visit.page.get_by_role("button", name="Run training by the clock").click()
    visit.sees("heading", "weekly")
    visit.page.get_by_text("30 6 * * MON").wait_for()
    shoot(visit, screens, "schedule")
    assert visit.barriers() == []

    visit.open(f"/jobs/{job}")
    visit.page.get_by_role("button", name="Run by itself").click()
    visit.page.get_by_role("menuitem", name="When something happens").click()
    visit.page.get_by_label("Name").fill("on-new-data")
    visit.page.get_by_role("button", name="Run training when it happens").click()
    visit.page.get_by_text("waits for data.added of anything").wait_for()
    assert visit.barriers() == []


def test_lists_of_jobs_are_readable_in_light_and_dark(visit: Visit, job: str, screens: Path | None) -> None:
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    found = {}
    for path in ("/jobs", "/sweeps", "/schedules", "/triggers"):
        visit.open(path)
        visit.settle()
        found[path] = visit.barriers()
        shoot(visit, screens, path.strip("/"))
        visit.page.emulate_media(color_scheme="dark")
        visit.page.locator("html[data-mantine-color-scheme=dark]").wait_for()
        found[f"{path} (dark)"] = visit.barriers(COLOURS)
        visit.page.emulate_media(color_scheme="light")
    assert {path: barriers for path, barriers in found.items() if barriers} == {}


def test_a_viewer_looks_and_has_no_button(visit: Visit, job: str) -> None:
    visit.log_in("vera")
    visit.sees("heading", "Good day, vera")
    visit.open(f"/jobs/{job}")
    visit.sees("heading", "training")
    for name in ("Change and run again", "Sweep", "Run by itself", "Cancel the job"):
        assert visit.page.get_by_role("button", name=name, exact=True).count() == 0


def test_who_may_see_no_job_is_refused(visit: Visit, job: str) -> None:
    visit.log_in("nora")
    visit.sees("heading", "Good day, nora")
    visit.open(f"/jobs/{job}")
    visit.sees("heading", "You may not see this")


def shoot(visit: Visit, folder: Path | None, name: str) -> None:
    """Keep a picture of the page, where these are wanted."""
    if folder:
        visit.page.screenshot(path=folder / f"jobs-{name}.png", full_page=True)
