"""The story of a contributor, in the browser: a training script of a repository is run on hardware and in an environment from a menu,
swept, deployed, scheduled, run again with another parameter, and all of it has its price."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.git_server import GitServer, git_server, make_repository
from tests.ui.looking import Looking, Visit
from tests.ui.test_environments import make_base
from tests.ui.test_newcomer import COUNT, clicks

TRAIN = '''
import csv, json, os, pathlib

depth = json.loads(pathlib.Path(os.environ["UNSHELF_PARAMETERS"]).read_text())["depth"]
with open(os.environ["UNSHELF_DATA_ORDERS"], newline="") as file:
    rows = list(csv.DictReader(file))
print(f"{len(rows)} cities, trained with depth {depth}", flush=True)
out = pathlib.Path(os.environ["UNSHELF_OUTPUTS"])
(out / "weights.json").write_text(json.dumps({"depth": depth}))
(out / "predict.py").write_text("""
import json, pathlib

DEPTH = json.loads(pathlib.Path(__file__).with_name("weights.json").read_text())["depth"]

def predict(rows):
    return [row["orders"] * DEPTH for row in rows]
""")
(out / "example.json").write_text(json.dumps({"inputs": [{"orders": 3.0}, {"orders": 1.0}]}))
(out / "unshelf.toml").write_text("""[model]
name = "orders-forecast"
predict = "predict.py:predict"
files = ["weights.json"]

[example]
file = "example.json"
""")
pathlib.Path(os.environ["UNSHELF_RESULTS"]).write_text(json.dumps({"score": 10 - abs(depth - 4)}))
'''


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    with git_server(tmp_path_factory.mktemp("repositories")) as server:
        make_repository(server.folder / "training", {"train.py": TRAIN})
        yield server


def choose(visit: Visit, label: str, option: str | re.Pattern[str]) -> None:
    """Choose from a menu."""
    visit.page.get_by_role("combobox", name=label).click()
    visit.page.get_by_role("option", name=option).first.click()


def shoot(visit: Visit, folder: Path | None, name: str) -> None:
    """Keep a picture of the page, where these are wanted."""
    if folder:
        visit.settle()
        visit.page.screenshot(path=folder / f"contributor-{name}.png", full_page=True)


def run_from_git(visit: Visit, url: str, screens: Path | None) -> str:
    """Run the script of a repository on data of the project; returns the id of the job."""
    page = visit.page
    visit.sees("button", "Run from git").click()
    dialog = visit.sees("dialog", "Run code of a git repository")
    dialog.get_by_label("Repository").fill(url)
    choose(visit, "Project", "lab")
    dialog.get_by_role("button", name="Look into it").click()
    dialog.get_by_label("Script").fill("train.py")
    choose(visit, "Hardware", re.compile("^small: 1 core"))
    choose(visit, "Environment", "base")
    choose(visit, "Data", "orders")
    dialog.get_by_label("Parameters, as JSON").fill(json.dumps({"depth": 2}))
    shoot(visit, screens, "run")
    dialog.get_by_role("button", name="Run it").click()
    page.get_by_text("2 cities, trained with depth 2").wait_for()
    page.get_by_text("succeeded", exact=True).first.wait_for()
    shoot(visit, screens, "job")
    return str(page.url.rpartition("/")[2])


def sweep(visit: Visit, screens: Path | None) -> str:
    """Try four depths; returns the id of the job that reached most."""
    page = visit.page
    page.get_by_role("button", name="Sweep", exact=True).click()
    page.get_by_label("Parameters, one a line").fill("depth = 2, 3, 4, 5")
    choose(visit, "Strategy", re.compile("^Grid"))
    page.get_by_role("button", name="Sweep train.py").click()
    visit.sees("heading", "Best score: 10")
    page.get_by_text("4 of 4 trials are over").wait_for()
    shoot(visit, screens, "sweep")
    return str(page.get_by_role("link", name="See its job").get_attribute("href")).rpartition("/")[2]


def deploy_the_best(visit: Visit, screens: Path | None) -> None:
    """Make a version of what the best trial left, in its environment."""
    page = visit.page
    visit.sees("link", "Deploy the best").click()
    page.get_by_text("What the job").wait_for()
    name = page.get_by_role("textbox", name="Name")
    page.wait_for_function("name => name.value === 'orders-forecast'", arg=name.element_handle())
    shoot(visit, screens, "deploy")
    visit.sees("button", "Deploy orders-forecast").click()
    visit.sees("link", "See orders-forecast")


def schedule_weekly(visit: Visit, screens: Path | None) -> None:
    """Have the job of this page run each week."""
    page = visit.page
    page.get_by_role("button", name="Run by itself").click()
    page.get_by_role("menuitem", name="By the clock").click()
    choose(visit, "How often", re.compile("^Every week"))
    page.get_by_text("Next: ").wait_for()
    shoot(visit, screens, "schedule")
    page.get_by_role("button", name=re.compile("^Run .* by the clock$")).click()
    page.get_by_text("0 6 * * MON").wait_for()
    page.get_by_text("starts next").wait_for()


def run_again(visit: Visit) -> None:
    """Run the job of this page with another parameter."""
    page = visit.page
    page.get_by_role("button", name="Change and run again").click()
    page.get_by_label("Parameters, as JSON").fill(json.dumps({"depth": 7}))
    page.get_by_role("button", name="Run train.py again").click()
    page.get_by_text("trained with depth 7").wait_for()
    page.get_by_text("succeeded", exact=True).first.wait_for()


def sees_the_cost(visit: Visit, job: str, screens: Path | None) -> None:
    """The page of the first job says what it cost, and all that was made from it; the report by job has a line for each."""
    page = visit.page
    visit.open(f"/jobs/{job}")
    page.get_by_text(re.compile(r"EUR with the 5 jobs made from it")).wait_for()
    shoot(visit, screens, "cost")
    found = visit.platform.http.get(f"/api/v1/usage/jobs/{job}").json()
    assert found["with_copies"]["cost"] > found["amounts"]["cost"] > 0
    visit.open("/usage?by=job&project=lab")
    billed = page.get_by_role("table", name="Billed")
    billed.get_by_role("link", name=f"train.py ({job[-6:]})").click()
    page.wait_for_url(f"**/jobs/{job}")


def test_a_contributor_trains_sweeps_deploys_schedules_and_sees_the_cost(
    looking: Looking, repositories: GitServer, screens: Path | None
) -> None:
    visit = looking.begin()
    page, platform = visit.page, visit.platform
    page.context.add_init_script(COUNT)
    make_base(visit)
    platform.cli("tiers", "price", "small", "3.6")
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    page.get_by_role("link", name="Jobs", exact=True).click()
    visit.sees("heading", "Jobs")
    clicks(visit)

    job = run_from_git(visit, repositories.url("training"), screens)
    taken = {"run": clicks(visit)}

    best = sweep(visit, screens)
    taken["sweep"] = clicks(visit)

    deploy_the_best(visit, screens)
    taken["deploy"] = clicks(visit)
    assert platform.predict("orders-forecast", [{"orders": 3.0}]) == [12.0]
    made = platform.http.get("/api/v1/models/orders-forecast:1").json()["version"]
    trial = platform.http.get(f"/api/v1/jobs/{best}").json()
    assert (made["job"], made["environment"]) == (best, trial["environment"]), "it runs where it was trained"
    assert [(use["kind"], use["name"]) for use in trial["used_by"] if use["kind"] == "version"] == [
        ("version", "orders-forecast:1")
    ]

    visit.open("/models/orders-forecast:1")
    clicks(visit)
    page.get_by_role("link", name=f"the job {best[-6:]}").click()
    schedule_weekly(visit, screens)
    taken["schedule"] = clicks(visit)

    visit.open(f"/jobs/{job}")
    clicks(visit)
    run_again(visit)
    taken["again"] = clicks(visit)

    sees_the_cost(visit, job, screens)
    visit.end()
    most = {"run": 11, "sweep": 4, "deploy": 2, "schedule": 6, "again": 2}
    assert {task: count for task, count in taken.items() if count > most[task]} == {}, taken
