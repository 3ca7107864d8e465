"""Deploying from the page: a folder dropped, watched and called; one that fails is changed and works; one is cancelled."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.uploading import contents_of
from tests.ui.looking import RULES, Looking, Visit

DROP = """
async ([folder, files]) => {
  const zone = document.querySelector("section[aria-label='Files to deploy'], section[aria-label='Add or replace files']");
  const entries = Object.entries(files).map(([path, content]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const file = new File([bytes], path.split("/").pop());
    return { isFile: true, isDirectory: false, name: file.name, fullPath: `/${folder}/${path}`, file: (done) => done(file) };
  });
  const reader = () => { let given = false; return { readEntries: (done) => { done(given ? [] : entries); given = true; } }; };
  const top = { isFile: false, isDirectory: true, name: folder, fullPath: `/${folder}`, createReader: reader };
  const event = new Event("drop", { bubbles: true, cancelable: true });
  event.dataTransfer = { items: [{ webkitGetAsEntry: () => top }] };
  zone.dispatchEvent(event);
}
"""
"""A browser lets no script make a folder to drop: the event has one as the browser would give it, with real files."""


def drop(visit: Visit, name: str, contents: dict[str, bytes]) -> None:
    visit.page.locator(".dropzone").wait_for()
    files = {path: base64.b64encode(content).decode() for path, content in contents.items()}
    visit.page.evaluate(DROP, [name, files])


def shoot(visit: Visit, screens: Path | None, name: str) -> None:
    if screens is None:
        return
    screens.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        visit.page.screenshot(path=screens / f"{name}-{scheme}.png", full_page=True)
    visit.page.emulate_media(color_scheme="light")
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.page.screenshot(path=screens / f"{name}-phone.png", full_page=True)
    visit.page.set_viewport_size({"width": 1280, "height": 800})


def press(visit: Visit, name: str) -> None:
    visit.sees("button", name).click()


def test_a_dropped_folder_goes_live_and_answers_as_the_api_does(
    visit: Visit, tmp_path: Path, screens: Path | None
) -> None:
    folder = write_model(tmp_path / "adder", name="page-adder", extra='\n[resources]\ntier = "small"\n')
    (folder / ".env").write_text("PASSWORD=1")
    visit.log_in("carl")
    visit.sees("heading", "Good day, carl")
    visit.open("/deploy")
    visit.page.locator(".dropzone").wait_for()
    shoot(visit, screens, "deploy-empty")

    drop(visit, "adder", contents_of(folder))

    visit.page.get_by_text("Left out, as it looks like a secret: .env").wait_for()
    name = visit.page.get_by_role("textbox", name="Name")
    assert name.input_value() == "page-adder"
    assert visit.barriers(RULES) == []
    shoot(visit, screens, "deploy-form")
    press(visit, "Deploy page-adder")
    visit.sees("link", "See page-adder")
    assert visit.page.locator("ol[aria-label=Steps] li[data-state=ok]").count() == 7
    shoot(visit, screens, "deploy-done")
    assert visit.platform.predict("page-adder", [{"a": 2.0, "b": 3.0}]) == [5.0]
    visit.sees("link", "Try it").click()
    visit.page.get_by_role("heading", name="page-adder").first.wait_for()


def test_what_failed_says_what_to_change_and_then_works(visit: Visit, tmp_path: Path, screens: Path | None) -> None:
    wrong = write_model(
        tmp_path / "wrong", name="page-mended", code="import nowhere_found\n\n\ndef predict(rows):\n    return []\n"
    )
    visit.enter()
    visit.open("/deploy")
    drop(visit, "wrong", contents_of(wrong))
    press(visit, "Deploy page-mended")
    visit.page.get_by_text("What to do:").wait_for()
    assert visit.page.get_by_text("nowhere_found").count() >= 1
    shoot(visit, screens, "deploy-failed")

    visit.sees("link", "Change and try again").click()

    assert visit.page.get_by_role("textbox", name="Name").input_value() == "page-mended"
    visit.page.reload()
    visit.page.get_by_role("textbox", name="Name").wait_for()
    drop(visit, "wrong", {"predict.py": b"def predict(rows):\n    return [row['a'] for row in rows]\n"})
    press(visit, "Deploy page-mended")
    visit.sees("link", "See page-mended")
    assert visit.platform.predict("page-mended", [{"a": 7.0, "b": 0.0}]) == [7.0]


def test_a_deploy_is_cancelled_where_it_is_watched(visit: Visit, tmp_path: Path) -> None:
    slow = write_model(tmp_path / "slow", name="page-slow", code="import time\n\ntime.sleep(600)\n")
    visit.enter()
    visit.open("/deploy")
    drop(visit, "slow", contents_of(slow))
    press(visit, "Deploy page-slow")
    visit.page.locator("li[data-state=attention]", has_text="check").wait_for()
    press(visit, "Cancel the deploy")
    visit.page.get_by_role("dialog").get_by_role("button", name="Cancel the deploy").click()
    visit.page.get_by_text("The deploy was cancelled by").first.wait_for()
    assert visit.platform.http.get("/api/v1/models/page-slow").status_code == 404


def test_several_files_without_a_recipe_ask_which_is_the_model(visit: Visit) -> None:
    visit.enter()
    visit.open("/deploy")
    drop(visit, "Some Model", {"model.txt": b"no model", "notes.md": b"x", "a/../b": b"x"})
    assert visit.page.get_by_role("textbox", name="Name").input_value() == "some-model"
    press(visit, "Deploy some-model")
    visit.page.get_by_text("can't be a path in a folder").wait_for()
    press(visit, "Leave out a/../b")
    press(visit, "Deploy some-model")
    visit.page.get_by_text("model.txt is no LightGBM model").first.wait_for()


def test_an_mlflow_folder_is_known_as_such_and_says_what_it_lacks(visit: Visit) -> None:
    mlmodel = {"flavors": {"python_function": {"loader_module": "mlflow.sklearn", "python_version": "3.11.7"}}}
    visit.enter()
    visit.open("/deploy")
    drop(visit, "churn-run", {"MLmodel": json.dumps(mlmodel).encode(), "model.pkl": b"\x80\x04N."})
    visit.page.get_by_text(
        "An MLflow model folder: signature, example and packages are those that MLflow saved."
    ).wait_for()
    assert visit.page.get_by_role("textbox", name="Name").input_value() == "churn-run"
    assert visit.page.get_by_role("combobox", name="Model file").count() == 0
    press(visit, "Deploy churn-run")
    visit.page.get_by_text("requirements.txt").first.wait_for()
    visit.sees("link", "Change and try again")


def test_who_may_not_deploy_sees_no_form(visit: Visit) -> None:
    visit.log_in("vera")
    visit.sees("heading", "Good day, vera")
    visit.open("/deploy")
    visit.page.get_by_text("You may not deploy models anywhere.").wait_for()
    assert visit.page.get_by_role("button", name="Choose files").count() == 0


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Platform]:
    with running_platform(tmp_path / "home") as running:
        yield running


def test_an_empty_installation_leads_to_a_sample_model(looking: Looking, empty: Platform, screens: Path | None) -> None:
    visit = looking.begin(empty)
    visit.enter()
    visit.sees("link", "Deploy a model")
    assert visit.barriers(RULES) == []
    shoot(visit, screens, "first-steps")
    press(visit, "Deploy the sample model")
    visit.sees("link", "See iris-sample")
    flower = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
    answer: Any = empty.predict("iris-sample", [flower])
    assert json.loads(json.dumps(answer))[0]["species"] == "setosa"
    visit.end()
