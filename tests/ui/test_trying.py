"""Trying a model out: the answer is the API's, a link is the scenario, and nothing that a model or a table says is markup."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.models import write_model
from tests.support.platform import Platform
from tests.ui.looking import COLOURS, Looking, Visit
from tests.ui.test_pages import keep

IMG = "<img src=x onerror=\"document.title='taken'\">"
SCRIPT = '"><script>document.title="taken"</script>'
PRICED = f"""
def predict(rows):
    return [
        {{"price": row["size"] * 12.5 + row["rooms"], "scores": {{"cheap": 0.25, "dear": 0.75}}, {IMG!r}: {SCRIPT!r}}}
        for row in rows
    ]
"""
SIGNATURE = f"""
[signature.inputs]
size = "number"
rooms = "integer"
city = {{type = "category", categories = ["Gent", {json.dumps(SCRIPT)}]}}
{json.dumps(IMG)} = "string"
"""


@pytest.fixture(scope="module")
def priced(shown: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A model of two versions with a baseline, and names that nobody would give in earnest."""
    row = {"size": 40.0, "rooms": 2, "city": "Gent", IMG: SCRIPT}
    folder = write_model(
        tmp_path_factory.mktemp("priced"), name="priced", code=PRICED, example=[row],
        extra=f'[baseline]\nfile = "baseline.json"\n{SIGNATURE}',
    )  # fmt: skip
    rows = [{**row, "size": float(size), "rooms": size // 20} for size in range(20, 120, 10)]
    (folder / "baseline.json").write_text(json.dumps({"inputs": rows}))
    shown.cli("deploy", str(folder))
    (folder / "predict.py").write_text(PRICED.replace("12.5", "14"))
    shown.cli("deploy", str(folder))
    return shown


@pytest.fixture
def trying(priced: Platform, visit: Visit) -> Iterator[Visit]:
    visit.enter()
    yield visit
    assert visit.page.evaluate("document.title") != "taken"
    assert visit.page.locator("img[src=x]").count() == 0


def answered(visit: Visit, name: str) -> str:
    """What the page shows as the answer, once it is there."""
    region = visit.sees("region", f"Answer of {name}")
    region.get_by_text("price").wait_for()
    return str(region.inner_text())


def test_the_answer_is_that_of_the_api_and_a_link_is_the_scenario(trying: Visit, looking: Looking) -> None:
    page = trying.page
    trying.open("/models/priced/try")
    assert "502" in answered(trying, "Answer")
    page.get_by_role("textbox", name="size", exact=True).fill("50")
    page.get_by_role("region", name="Answer of Answer").get_by_text("627").wait_for()
    body = {"inputs": [{"size": 50, "rooms": 2, "city": "Gent", IMG: SCRIPT}]}
    asked = trying.platform.http.post("/models/priced/predict", json=body).json()["outputs"][0]
    assert asked["price"] == 627
    page.get_by_role("combobox", name="Beside it").click()
    page.get_by_role("option", name="version 2").click()
    page.get_by_role("region", name="Answer of priced:2").get_by_text("702").wait_for()
    page.wait_for_url("**inputs=**beside=**")
    seen = page.url

    other = looking.begin()
    other.log_in("carl")
    other.sees("heading", "Good day, carl")
    other.page.goto(seen)
    other.sees("heading", "There is nothing here")
    other.end()

    again = looking.begin()
    again.enter()
    again.page.goto(seen)
    again.page.get_by_role("region", name="Answer of priced:2").get_by_text("702").wait_for()
    assert again.page.get_by_role("textbox", name="size", exact=True).input_value() == "50"
    again.end()
    assert "inputs" in parse_qs(urlsplit(seen).query)


def test_a_wrong_input_has_the_words_of_the_api_at_its_field(trying: Visit) -> None:
    trying.open("/models/priced/try")
    answered(trying, "Answer")
    trying.page.get_by_role("textbox", name="rooms", exact=True).fill("")
    trying.page.get_by_text("Expected").first.wait_for()


def test_a_table_is_scored_and_downloaded(trying: Visit) -> None:
    page = trying.page
    trying.open("/models/priced/try?tab=table")
    table = f'size\trooms\tcity\t"{IMG.replace(chr(34), chr(34) * 2)}"\n10\t1\tGent\t{IMG}\n20\t2\tGent\tx'
    page.get_by_role("textbox", name="Table").fill(table)
    trying.sees("button", "Score 2 rows").click()
    trying.sees("region", "Scored rows").get_by_text("252").wait_for()
    with page.expect_download() as kept:
        trying.sees("button", "Download CSV").click()
    lines = Path(kept.value.path()).read_text().splitlines()
    assert (len(lines), lines[0].startswith("size,rooms,city"), "126" in lines[1]) == (3, True, True)


def test_a_scenario_is_saved_shared_by_link_and_compared_over_versions(
    trying: Visit, looking: Looking, screens: Path | None
) -> None:
    page = trying.page
    trying.open("/models/priced/try")
    answered(trying, "Answer")
    for size, name in (("60", "A flat"), ("90", f"A house {SCRIPT}")):
        page.get_by_role("textbox", name="size", exact=True).fill(size)
        trying.sees("button", "Save as a scenario").click()
        page.get_by_role("textbox", name="Name").fill(name)
        page.get_by_role("textbox", name="Note").fill(f"As of May {IMG}")
        page.get_by_role("switch", name="Share it").click()
        trying.sees("button", "Save the scenario").click()
        page.get_by_text("Opened with the scenario").get_by_text(name).wait_for()
    shared = page.url
    assert "scenario=" in shared

    page.get_by_role("tab", name="Scenarios").click()
    trying.sees("region", "Scenarios side by side").get_by_text("752").wait_for()
    page.get_by_role("combobox", name="Versions to compare over").click()
    page.get_by_role("option", name="priced:2").click()
    page.keyboard.press("Escape")
    trying.sees("region", "Scenarios side by side").get_by_text("842").wait_for()
    trying.settle()
    assert trying.barriers() == []
    keep(trying, screens, "scenarios", "light")

    other = looking.begin()
    Visit.invite(trying.platform, "cleo", role="caller", project="default")
    other.log_in("cleo")
    other.sees("heading", "Good day, cleo")
    other.page.goto(shared)
    other.page.get_by_text("Opened with the scenario").wait_for()
    assert other.page.get_by_role("textbox", name="size", exact=True).input_value() == "90"
    other.page.get_by_role("region", name="Answer of Answer").get_by_text("1,1").wait_for()
    other.end()

    mine = trying.platform.http.get("/api/v1/models/priced/scenarios").json()["scenarios"]
    trying.platform.http.patch(f"/api/v1/models/priced/scenarios/{mine[1]['id']}", json={"shared": False})
    stranger = looking.begin()
    stranger.log_in("cleo")
    stranger.sees("heading", "Good day, cleo")
    stranger.page.goto(shared)
    stranger.sees("heading", "There is nothing here")
    stranger.end()


def test_tries_are_recorded_as_such_and_everybody_can_read_the_page(trying: Visit, screens: Path | None) -> None:
    address = "/models/priced/try?beside=priced:2&vary=size"
    trying.open(address)
    answered(trying, "priced")
    trying.settle()
    assert trying.barriers() == []
    keep(trying, screens, "try", "light")
    trying.page.emulate_media(color_scheme="dark")
    trying.page.locator("html[data-mantine-color-scheme=dark]").wait_for()
    assert trying.barriers(COLOURS) == []
    keep(trying, screens, "try", "dark")
    trying.page.set_viewport_size({"width": 390, "height": 844})
    keep(trying, screens, "try-phone", "dark")
    said = trying.platform.http.get("/api/v1/models/priced/predictions", params={"tail": 1}).json()
    assert said["purpose"] == "try"
