"""A model that runs elsewhere, as somebody meets it who has only the browser: registered, recorded, watched, looked at."""

import json
from pathlib import Path

from tests.ui.looking import Visit
from tests.ui.test_pages import keep

FEW = [
    {"inputs": {"region": "city", "km": 12.5, "stops": 40}, "output": 9.5},
    {"inputs": {"region": "islands", "km": 260.0, "stops": 12}, "output": 41.0},
]


def test_a_model_that_runs_elsewhere_is_registered_recorded_and_looked_at(
    visit: Visit, screens: Path | None, tmp_path: Path
) -> None:
    page = visit.page
    visit.enter()
    visit.open("/models")
    visit.sees("link", "Register one that runs elsewhere").click()
    visit.sees("heading", "Register a model that runs elsewhere")
    page.get_by_label("Name").fill("parcels")
    page.get_by_label("Where it runs").fill("SageMaker, eu-west-1")
    page.get_by_label("A few of its records").fill("\n".join(map(json.dumps, FEW)))
    inputs = visit.sees("table", "Inputs")
    assert [row.inner_text().split() for row in inputs.get_by_role("row").all()[1:]] == [
        ["region", "string"], ["km", "float64"], ["stops", "int64"]
    ]  # fmt: skip
    visit.settle()
    keep(visit, screens, "/register", "story-light")
    assert visit.barriers() == []
    page.get_by_role("button", name="Register the model").click()

    visit.sees("heading", "parcels")
    sent = tmp_path / "today.csv"
    lines = [f"p{number},city,{number}.5,{number % 9},{number / 4}" for number in range(60)]
    sent.write_text("\n".join(["id,region,km,stops,prediction", *lines, "bad,city,near,1,2.0"]) + "\n")
    page.get_by_label("File of records").set_input_files(sent)
    dialog = visit.sees("dialog", "Records")
    dialog.get_by_text("60 records accepted, 0 known already, 1 refused.").wait_for()
    dialog.get_by_text("Record 61, km: expected").wait_for()
    dialog.get_by_role("button", name="Close").click()

    connection = {"kind": "local", "settings": {"folder": "warehouse"}}
    assert visit.platform.http.put("/api/v1/data/depot/connection", json=connection).is_success
    page.get_by_role("button", name="Watch a folder").click()
    watch = visit.sees("dialog", "Watch a folder")
    watch.get_by_label("Folder or bucket").fill("data://depot/no-such")
    watch.get_by_role("button", name="Watch the folder").click()
    watch.get_by_text("There is no table at 'no-such'.").wait_for()
    watch.get_by_label("Folder or bucket").fill("data://depot/parcels")
    watch.get_by_role("button", name="Watch the folder").click()
    folders = visit.sees("table", "Folders")
    folders.get_by_text("watched").wait_for()
    visit.settle()
    keep(visit, screens, "/models/parcels?tab=records", "story-light")
    assert visit.barriers() == []
    folders.get_by_role("button", name="Files").click()
    visit.sees("dialog", "Files of data://depot/parcels").get_by_role("button", name="Close").click()

    visit.open("/models/parcels?tab=monitoring")
    page.get_by_text("parcels was asked").wait_for()
    page.get_by_role("table", name="Inputs and outputs").get_by_role("button", name="km", exact=True).wait_for()
    visit.settle()
    keep(visit, screens, "/models/parcels?tab=monitoring", "story-light")
    assert visit.barriers() == []


def test_a_policy_that_could_do_nothing_elsewhere_is_refused_with_what_it_can_do(visit: Visit) -> None:
    def side(name: str) -> dict[str, object]:
        return {"kind": "columns", "columns": [{"name": name, "type": "int64"}]}

    signature = {"inputs": side("a"), "outputs": side("output")}
    assert visit.platform.http.post("/api/v1/models", json={"name": "afar", "signature": signature}).is_success
    visit.enter()
    visit.open("/alert-policies")
    visit.sees("button", "Set a policy").click()
    dialog = visit.sees("dialog", "Set a policy")
    dialog.get_by_label("Name").fill("back")
    dialog.get_by_label("Kinds of alert").fill("inputs_drifted")
    dialog.get_by_role("combobox", name="Model").click()
    visit.page.get_by_role("option", name="afar").click()
    dialog.get_by_text("afar runs on other infrastructure").wait_for()
    dialog.get_by_role("button", name="Set the policy").click()
    dialog.get_by_text("A policy can start what makes a new version").wait_for()
