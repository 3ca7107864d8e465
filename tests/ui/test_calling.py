"""How to call a model: the programs that its page shows run as they stand, its API can be read, web pages that are allowed may call it."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.platform import Platform
from tests.ui.looking import Looking, Visit

PROGRAMS = {
    "curl": ("curl", "program.sh", ["sh", "program.sh"]),
    "unshelf": ("sh", "program.sh", ["sh", "program.sh"]),
    "Python": (sys.executable, "program.py", [sys.executable, "program.py"]),
    "JavaScript": ("node", "program.mjs", ["node", "program.mjs"]),
    "Java": ("java", "Predict.java", ["java", "Predict.java"]),
    "C#": (
        "mcs",
        "program.cs",
        ["sh", "-c", "mcs -langversion:latest -r:System.Net.Http.dll program.cs && mono program.exe"],
    ),
    "R": ("Rscript", "program.R", ["Rscript", "program.R"]),
}
"""Language → the program that it takes, the file, the command. What is not installed (mono-mcs; r-base, r-cran-httr2) is skipped."""
CALL = """async address => {
  const headers = {Authorization: "Bearer %s", "Content-Type": "application/json"};
  const answer = await fetch(address, {method: "POST", headers, body: JSON.stringify({inputs: [{a: 1, b: 41}]})});
  return [answer.status, answer.headers.get("x-prediction-id") !== null, (await answer.json()).outputs];
}"""


@pytest.fixture(scope="module")
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with an empty page, at an origin of its own."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html><title>Shop</title><link rel=icon href='data:,'>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_program_that_the_page_shows_runs_as_it_stands(visit: Visit, tmp_path: Path, language: str) -> None:
    needed, file, command = PROGRAMS[language]
    visit.enter()
    visit.open("/models/seen?tab=call")
    visit.page.get_by_role("radiogroup", name="Language").get_by_text(language, exact=True).click()
    shown = visit.page.locator(".code pre").first.inner_text()
    if shutil.which(needed) is None:
        pytest.skip(f"{needed} is not installed here")
    (tmp_path / file).write_text(shown)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**visit.platform.environment(), "PATH": path}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert _answer_to_the_example(visit.platform) in map(float, re.findall(r"[\d.]*\d", done.stdout)), shown


def _answer_to_the_example(platform: Platform) -> float:
    described = platform.http.get("/models/seen/openapi.json").json()
    (operation,) = described["paths"].values()
    rows = operation["post"]["requestBody"]["content"]["application/json"]["example"]["inputs"]
    return float(platform.predict("seen", rows)[0])


def test_the_api_of_a_model_can_be_read(visit: Visit) -> None:
    visit.enter()
    visit.open("/models/seen?tab=api")
    visit.settle()
    fields = visit.page.get_by_role("table", name="Fields of a row").get_by_role("row").all_inner_texts()
    assert [row.split("\t") for row in fields] == [
        ["Field", "Type", "Takes"],
        ["a", "number", "any"],
        ["b", "number", "any"],
    ]
    visit.page.get_by_text("model_error").wait_for()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="OpenAPI document").click()
    document = json.loads(Path(download.value.path()).read_text())
    assert (document["info"]["title"], download.value.suggested_filename) == ("seen", "seen.openapi.json")


def test_a_web_page_calls_once_its_origin_is_allowed(visit: Visit, looking: Looking, other_server: str) -> None:
    address = f"{visit.platform.url}/models/seen/predict"
    call = CALL % visit.platform.token
    with looking.elsewhere(other_server) as shop:
        assert shop.evaluate(f"a => ({call})(a).catch(error => error.name)", address) == "TypeError"

        visit.enter()
        visit.open("/models/seen?tab=call")
        visit.page.get_by_text("No web page may call it").wait_for()
        visit.sees("button", "Allow a web page").click()
        dialog = visit.sees("dialog", "Allow a web page to call seen")
        dialog.get_by_label("Origin").fill("*.example.org")
        dialog.get_by_role("button", name="Allow this origin").click()
        dialog.get_by_text("by a pattern").wait_for()
        dialog.get_by_label("Origin").fill(other_server)
        dialog.get_by_role("button", name="Allow this origin").click()
        visit.page.get_by_role("list", name="Allowed origins").get_by_text(other_server).wait_for()
        assert shop.evaluate(call, address) == [200, True, [42.0]]

        visit.sees("button", "Take away").click()
        visit.sees("dialog", "Take away").get_by_role("button", name="Take away").click()
        visit.page.get_by_text("No web page may call it").wait_for()
        assert shop.evaluate(f"a => ({call})(a).catch(error => error.name)", address) == "TypeError"
