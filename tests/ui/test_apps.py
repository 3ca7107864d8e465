"""Apps in the browser: made in the page, used by people who see nothing else, embedded where their owner lists the page."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.models import write_model
from tests.support.platform import Platform
from tests.ui.looking import COLOURS, Looking, Visit
from tests.ui.test_pages import keep

HOSTILE = '"><img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>'
CODE = f"""
def predict(rows):
    return [{{"price": row["size"] * 2500.0, "why": {HOSTILE!r}}} for row in rows]
"""
ROW = {"size": 80.0, "rooms": 3, "city": "Gent"}
DEFINITION: dict[str, Any] = {
    "model": "homes", "title": f"What is a house worth? {HOSTILE}", "text": f"For **sellers**:\n\n- one\n- two {HOSTILE}",
    "hidden": {"rooms": 3},
    "inputs": [
        {"name": "size", "label": "Living space", "unit": "m²", "help": f"Without the attic {HOSTILE}", "min": 20, "max": 200, "step": 5},
        {"name": "city", "label": "Town", "choices": ["Gent", HOSTILE]},
    ],
    "answer": {
        "text": "About {price:,.0f} €: {words}. {why}", "of": "price",
        "words": [{"below": 150000, "text": "a cheap one", "tone": "ok"}, {"text": "not a cheap one", "tone": "attention"}],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def homes(shown: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A model, an app of it, and a user of the app alone."""
    folder = tmp_path_factory.mktemp("homes")
    shown.cli("deploy", str(write_model(folder, name="homes", code=CODE, example=[ROW])))
    saved = shown.http.put("/api/v1/apps/worth", json=DEFINITION)
    assert saved.status_code == 201, saved.text
    Visit.invite(shown, "uma")
    granted = shown.http.post("/api/v1/models/homes/members", json={"name": "uma", "role": "app-user"})
    assert granted.status_code == 201, granted.text
    return shown


@pytest.fixture
def looked(homes: Platform, visit: Visit) -> Iterator[Visit]:
    """A visit after which nothing that anybody wrote has run."""
    yield visit
    assert visit.page.evaluate("document.title") != "taken"
    assert visit.page.locator("img[src=x]").count() == 0


def in_both_themes(visit: Visit, screens: Path | None, name: str) -> None:
    visit.settle()
    assert visit.barriers() == []
    keep(visit, screens, name, "light")
    visit.page.emulate_media(color_scheme="dark")
    visit.page.locator("html[data-mantine-color-scheme=dark]").wait_for()
    assert visit.barriers(COLOURS) == []
    keep(visit, screens, name, "dark")
    visit.page.emulate_media(color_scheme="light")


def test_a_user_of_apps_moves_a_slider_and_reads_words(looked: Visit, screens: Path | None) -> None:
    page = looked.page
    looked.log_in("uma")
    looked.sees("heading", "Good day, uma")
    looked.sees("link", DEFINITION["title"]).click()
    looked.sees("heading", DEFINITION["title"])
    answer = looked.sees("region", "Answer")
    answer.get_by_text("About 200,000 €: not a cheap one.").wait_for()
    slider = looked.sees("slider", "Living space (m²), slider")
    slider.press("ArrowLeft")
    answer.get_by_text("About 187,500 €").wait_for()
    slider.press("Home")
    answer.get_by_text("About 50,000 €: a cheap one.").wait_for()
    page.wait_for_url("**inputs=**")
    in_both_themes(looked, screens, "app")
    page.set_viewport_size({"width": 390, "height": 844})
    keep(looked, screens, "app-phone", "light")
    looked.open("/models/homes")
    looked.sees("heading", "There is nothing here")
    looked.open("/apps")
    in_both_themes(looked, screens, "apps")


def test_an_app_is_made_in_the_page_and_gone_back_with(looked: Visit, screens: Path | None) -> None:
    page = looked.page
    looked.enter()
    looked.open("/models/homes/try")
    looked.sees("link", "Make an app of it").click()
    looked.sees("heading", "Make an app of homes")
    page.get_by_role("textbox", name="Name", exact=True).fill("made")
    page.get_by_role("textbox", name="Title").fill("Made here")
    page.get_by_role("textbox", name="Label of size").fill("Space")
    page.get_by_role("textbox", name="Answer in words").fill("It costs {price:.0f}")
    looked.sees("region", "Answer").get_by_text("It costs 200000").wait_for()
    page.get_by_role("switch", name="rooms is shown").click()
    page.get_by_role("textbox", name="Value of rooms").wait_for()
    looked.sees("button", "Make the app").click()
    looked.sees("heading", "Made here")
    looked.sees("region", "Answer").get_by_text("It costs 200000").wait_for()
    in_both_themes(looked, screens, "app-editor")
    page.get_by_role("textbox", name="Title").fill("Changed here")
    looked.sees("button", "Save a new version").click()
    looked.sees("heading", "Changed here")
    page.get_by_role("tab", name="Versions (2)").click()
    in_both_themes(looked, screens, "app-versions")
    looked.sees("button", "Go back to version 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Go back to version 1").click()
    looked.sees("heading", "Made here")
    shown = looked.platform.http.get("/api/v1/apps/made").json()
    assert (shown["version"], [each["name"] for each in shown["form"]["inputs"]]) == (3, ["size", "city"])


class Site:
    """A page of another origin with an app in a frame."""

    def __init__(self) -> None:
        self.frame = ""
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = f'<!doctype html><title>Site</title><iframe title="app" width="900" height="600" src="{site.frame}"></iframe>'
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def test_an_app_is_embedded_where_its_owner_lists_the_page(
    homes: Platform, looking: Looking, site: Site, screens: Path | None
) -> None:
    homes.http.put("/api/v1/apps/worth", json={**DEFINITION, "embed": [site.url]})
    made = homes.http.post("/api/v1/apps/worth/tokens", json={"name": "site"}).json()
    site.frame = made["url"]
    visit = looking.begin()
    visit.enter()  # there is a session in this browser: the frame must not use it
    sent: list[dict[str, str]] = []
    visit.page.on("request", lambda request: sent.append(request.all_headers()) if "/embed" in request.url else None)
    visit.page.goto(site.url)
    frame = visit.page.frame_locator("iframe")
    frame.get_by_role("heading", name="What is a house worth?").wait_for()
    frame.get_by_text("About 200,000 €: not a cheap one.").wait_for()
    frame.get_by_role("slider", name="Living space (m²), slider").press("Home")
    frame.get_by_text("About 50,000 €: a cheap one.").wait_for()
    inner = next(each for each in visit.page.frames if each != visit.page.main_frame)
    assert inner.evaluate("self.origin") == "null"
    assert (
        inner.evaluate("(() => { try { return document.cookie } catch (error) { return error.name } })()")
        == "SecurityError"
    )
    assert inner.evaluate("document.querySelector('img[src=x]') === null && document.title !== 'taken'")
    asked = [headers for headers in sent if "authorization" in headers]
    assert asked
    assert all("cookie" not in headers for headers in asked)
    if screens:
        visit.page.screenshot(path=screens / "app-embedded-light.png")

    homes.http.delete(f"/api/v1/apps/worth/tokens/{made['id']}")
    visit.page.reload()
    frame.get_by_text("the token of this page was revoked").wait_for()
    if screens:
        visit.page.screenshot(path=screens / "app-embedded-closed-light.png")
    visit.foreign.clear()
    visit.faults.clear()
    visit.end()


def test_an_app_is_refused_to_every_other_page(homes: Platform, looking: Looking, site: Site) -> None:
    homes.http.put("/api/v1/apps/worth", json={**DEFINITION, "embed": ["https://intranet.example.com"]})
    made = homes.http.post("/api/v1/apps/worth/tokens", json={"name": "site"}).json()
    for address in (made["url"], f"{homes.url}/apps/worth", f"{homes.url}/login"):
        site.frame = address
        visit = looking.begin()
        refused: list[str] = []
        visit.page.on("console", lambda message, to=refused: to.append(message.text))
        with visit.page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            visit.page.goto(site.url)
        inner = next(each for each in visit.page.frames if each != visit.page.main_frame)
        assert inner.locator("#root").count() == 0
        visit.foreign.clear()
        visit.faults.clear()
        visit.end()
    assert json.loads(homes.http.get("/api/v1/apps/worth").text)["name"] == "worth"
