"""Jobs whose code and data nobody uploaded, on a whole platform: git repositories, notebooks, connections, outputs that become data."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.git_server import GitServer, commit, git_server, make_repository
from tests.support.platform import Platform, running_platform

TRAIN = """
import json, os
from lib.rates import times
parameters = json.load(open(os.environ["UNSHELF_PARAMETERS"]))
print("rate", times(parameters["rate"]))
json.dump({"auc": times(parameters["rate"])}, open(os.environ["UNSHELF_RESULTS"], "w"))
"""


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    with git_server(tmp_path_factory.mktemp("repositories"), password="t0ken-of-ana") as server:
        yield server


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("sources")
    with running_platform(
        folder / "home", gateways="1", egress_allow="127.0.0.0/8", data_folders=f"lake={folder / 'lake'}"
    ) as running:
        yield running


def show(platform: Platform, job: str) -> dict[str, Any]:
    return dict(platform.http.get(f"/api/v1/jobs/{job}").json())


def set_secret(platform: Platform, name: str, value: str) -> None:
    answer = platform.http.put(f"/api/v1/projects/default/secrets/{name}", json={"value": value})
    assert answer.is_success, answer.text


def test_a_script_runs_from_its_repository_and_a_copy_from_another_commit(
    platform: Platform, repositories: GitServer
) -> None:
    folder = repositories.folder / "training"
    first = make_repository(folder, {"train.py": TRAIN, "lib/rates.py": "def times(rate): return rate * 2\n"})
    url = repositories.url("training")
    set_secret(platform, "GIT_TOKEN", "t0ken-of-ana")
    options = ["--git", f"{url}@main", "--git-secret", "GIT_TOKEN", "--param", "rate=0.25"]
    done = platform.cli("run", "train.py", *options)
    assert done.stdout == "rate 0.5\n"

    job = json.loads(platform.cli("jobs", "list", "--json").stdout)["jobs"][0]["id"]
    git = show(platform, job)["git"]
    assert (git["url"], git["ref"], git["commit"], git["secret"]) == (url, "main", first, "GIT_TOKEN")
    shown = platform.cli("jobs", "show", job).stdout
    assert first in shown
    assert "t0ken" not in shown + platform.log.read_text()

    second = commit(folder, {"lib/rates.py": "def times(rate): return rate * 3\n"})
    copy = json.loads(platform.cli("jobs", "clone", job, "--git-ref", second, "--json").stdout)["id"]
    platform.cli("jobs", "attach", copy)
    found = show(platform, copy)
    assert (found["git"]["commit"], found["parent"], found["results"]) == (second, job, {"auc": 0.75})

    asked = {"url": url, "secret": "GIT_TOKEN"}
    refs = platform.http.post("/api/v1/jobs/git/refs", json=asked)
    assert (refs.status_code, refs.json()["branches"]) == (200, ["main"]), refs.text
    refused = platform.http.post("/api/v1/jobs/git/refs", json={"url": url})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input"), refused.text
    failed = platform.cli("run", "train.py", "--git", f"{url}@nope", "--git-secret", "GIT_TOKEN", check=False)
    assert failed.returncode == 1
    assert "no branch, tag or commit 'nope'" in " ".join(failed.stderr.split())


READ = """
import os, shutil
shutil.copy(os.environ["UNSHELF_DATA_LAKE"], os.environ["UNSHELF_OUTPUTS"] + "/rows.parquet")
print(sorted(name for name in os.environ if "SECRET" in name or "KEY" in name))
"""


def test_data_of_a_connection_go_in_and_outputs_come_out_as_data(platform: Platform, tmp_path: Path) -> None:
    lake = platform.home.parent / "lake"
    lake.mkdir()
    (lake / "orders.csv").write_text("a,b\n1,x\n2,y\n")
    wanted = {"project": "default", "kind": "local", "settings": {"folder": "lake"}, "credentials": {}}
    assert platform.http.put("/api/v1/data/lake/connection", json=wanted).is_success
    (tmp_path / "read.py").write_text(READ)
    done = platform.cli(
        "run",
        str(tmp_path / "read.py"),
        "--alone",
        "--data",
        "data://lake/orders.csv",
        "--output",
        "features=rows.parquet",
    )
    assert done.stdout == "[]\n"
    job = json.loads(platform.cli("jobs", "list", "--json").stdout)["jobs"][0]["id"]
    found = show(platform, job)
    assert (found["inputs"][0]["rows"], found["outputs"]) == (
        2,
        [{"name": "features", "path": "rows.parquet", "version": 1}],
    )
    data = platform.http.get("/api/v1/data/features").json()
    assert (data["version"]["rows"], data["version"]["job"]) == (2, job)
    assert len(found["runs"][0]["series"]) >= 1


def notebook(*cells: tuple[str, str]) -> str:
    """A notebook of code cells, each with a tag."""
    made = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {"tags": [tag] if tag else []}, "source": source, "outputs": [],
         "execution_count": None}
        for number, (source, tag) in enumerate(cells)
    ]  # fmt: skip
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})


@pytest.mark.long
def test_a_notebook_runs_with_parameters_and_is_kept_with_what_it_printed(platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "rates.ipynb"
    path.write_text(notebook(("rate = 1", "parameters"), ("print('rate', rate)", ""), ("rate * 2", ""), ("1 / 0", "")))
    done = platform.cli("run", str(path), "--alone", "--param", "rate=0.25", check=False)
    assert (done.returncode, "rate 0.25" in done.stdout.splitlines()) == (1, True), done.stdout + done.stderr
    job = json.loads(platform.cli("jobs", "list", "--json").stdout)["jobs"][0]["id"]
    kept = platform.http.get(f"/api/v1/jobs/{job}/files", params={"path": "rates.ipynb"}).json()
    assert ["".join(cell["source"]) for cell in kept["cells"]][1] == "# Parameters\nrate = 0.25"
    results = [output for cell in kept["cells"] for output in cell["outputs"]]
    assert "".join(results[1]["data"]["text/plain"]) == "0.5"
    assert results[-1]["ename"] == "ZeroDivisionError"
    assert "ZeroDivisionError" in platform.http.get(f"/api/v1/jobs/{job}/output").text
