"""The story of IT, in the browser: whose jobs wait and why, who spent what this month, what was spent for nothing, what the machine has."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.support.accounts import PASSWORD
from tests.support.platform import Platform
from tests.support.waiting import wait_until
from tests.ui.looking import Visit

WAITING = b"""\
import os, pathlib, signal

print("at work", flush=True)
signal.sigwait({signal.SIGTERM})
"""
BRIEF = b"print(sum(range(10 ** 6)))\n"


def submit(platform: Platform, who: str, name: str, program: bytes, tier: str) -> str:
    """Have somebody submit a job, with their own token."""
    logged_in = platform.client(None)
    session = logged_in.post("/api/v1/session", json={"name": who, "password": PASSWORD}).json()
    headers = {"X-Unshelf-CSRF": session["csrf_token"]}
    digest = hashlib.sha256(program).hexdigest()
    sent = logged_in.put(f"/api/v1/blobs/{digest}", params={"project": "lab"}, content=program, headers=headers)
    assert sent.is_success, sent.text
    wanted = {
        "project": "lab", "name": name, "command": ["work.py"], "requirements": [], "tier": tier,
        "files": [{"path": "work.py", "sha256": digest, "size": len(program)}],
    }  # fmt: skip
    answer = logged_in.post("/api/v1/jobs", json=wanted, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["ids"][0])


@pytest.fixture
def jobs(shown: Platform) -> tuple[str, str]:
    """One job of carl that takes the whole machine until somebody ends it, and one of dora that waits for it."""
    if not shown.http.get("/api/v1/users/dora").is_success:
        Visit.invite(shown, "dora", role="contributor", project="lab")
    shown.cli("tiers", "price", "medium", "7.2")
    running = submit(shown, "carl", "whole-machine", WAITING, "large")
    wait_until(lambda: shown.http.get(f"/api/v1/jobs/{running}").json()["state"] == "running")
    return running, submit(shown, "dora", "patient", BRIEF, "large")


def _billed(platform: Platform) -> set[str]:
    return {each["name"] for each in platform.http.get("/api/v1/usage", params={"by": "person"}).json()["billed"]}


def shoot(visit: Visit, folder: Path | None, name: str) -> None:
    """Keep a picture of the page, where these are wanted."""
    if folder:
        visit.settle()
        visit.page.screenshot(path=folder / f"operator-{name}.png", full_page=True)


def test_it_sees_whose_jobs_wait_and_who_spent_what(visit: Visit, jobs: tuple[str, str], screens: Path | None) -> None:
    running, waiting = jobs
    page = visit.page
    visit.enter()
    page.get_by_role("link", name="Capacity").click()
    waits = page.get_by_role("table", name="Jobs that wait")
    waits.get_by_text("patient").wait_for()
    waits.get_by_text(re.compile("large takes .* cores?, and .* are free")).wait_for()
    people = page.get_by_role("table", name="People")
    assert people.get_by_role("row").filter(has_text="dora").get_by_role("cell").all_inner_texts()[-1] == "1"
    shoot(visit, screens, "capacity")
    assert visit.barriers() == []

    page.get_by_role("table", name="Jobs that run").get_by_role("link", name="whole-machine").click()
    page.wait_for_url(f"**/jobs/{running}")
    page.get_by_role("button", name="Cancel the job").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    page.get_by_text("It was cancelled by").first.wait_for()
    visit.open(f"/jobs/{waiting}")
    page.get_by_text("succeeded", exact=True).first.wait_for()

    wait_until(lambda: "dora" in _billed(visit.platform), what="what the brief job took is counted")
    page.get_by_role("link", name="Usage").click()
    visit.sees("heading", "Usage")
    billed = page.get_by_role("table", name="Billed")
    for grouping, names in (("By person", ("carl", "dora")), ("By project", ("lab",)), ("By model", ("jobs",))):
        page.get_by_role("combobox", name="A line for each").click()
        page.get_by_role("option", name=grouping).click()
        for name in names:
            billed.get_by_role("row").filter(has_text=name).first.wait_for()
    shoot(visit, screens, "usage")
    with visit.page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert "jobs" in Path(download.value.path()).read_text()
