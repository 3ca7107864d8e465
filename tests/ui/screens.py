"""Pictures of the main pages for README and docs: `make screens` fills a platform by `unshelf demo --full` and looks at it."""

import argparse
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.pages import browser
from tests.ui.looking import Looking, Visit

DOCS = Path(__file__).parents[2] / "docs/pages"
DESKTOP, PHONE = (1280, 820), (390, 844)
PAGES = {
    "home": "/",
    "project": "/projects/credit",
    "models": "/models",
    "model": "/models/credit-default?span=28d",
    "version": "/models/credit-default:1",
    "call": "/models/credit-default?tab=call",
    "try": "/models/diabetes-progression/try?vary=bmi",
    "app": "/apps/loan-check",
    "predictions": "/predictions?since=30d",
    "monitoring": "/models/diabetes-progression?tab=monitoring&span=28d",
    "drift": "/models/diabetes-progression?tab=monitoring&span=28d&column=in%3Abmi",
    "quality": "/models/credit-default?tab=quality&span=28d",
    "fleet": "/fleet",
    "monitors": "/monitors",
    "monitor": "/monitors/diabetes-progression/inputs",
    "environment": "/environments/names/science",
    "jobs": "/jobs",
    "deploy": "/deploy",
}
"""The name of a picture, and the page on it."""
IN_DOCS = ("home", "model", "try", "app", "project", "predictions", "deploy")
LIGHT_AND_DARK = ("home", "model", "try")
"""Those that the docs have in both themes and on a phone."""
_STARTED = re.compile(r"started a platform at (\S+), in (.+)$")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make screens ARGS=…", description=__doc__)
    parser.add_argument("--to", type=Path, default=DOCS, help="the folder of the pictures")
    parser.add_argument("--all", action="store_true", help="each page in both themes and on a phone")
    parser.add_argument("--only", nargs="*", choices=PAGES, help="names of pictures, in place of those in the docs")
    parser.add_argument("--home", type=Path, help="the home folder of a filled platform that runs already")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    with _platform(options.home) as platform, browser() as chromium:
        looking = Looking(chromium, platform)
        for scheme, size in (("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)):
            names = [
                name for name in options.only or (PAGES if options.all else IN_DOCS)
                if options.all or name in LIGHT_AND_DARK or (scheme, size) == ("light", DESKTOP)
            ]  # fmt: skip
            ending = "phone" if size == PHONE else scheme
            visit = looking.begin(scheme=scheme, width=size[0], height=size[1])
            visit.enter()
            for name in names:
                look(visit, name)
                visit.page.screenshot(path=options.to / f"{name}-{ending}.png")
            visit.end()
    return 0


def look(visit: Visit, name: str) -> None:
    """Open a page, and wait until all of it is there."""
    visit.open(PAGES[name])
    if name == "deploy":
        visit.page.locator(".dropzone").wait_for()
        with visit.page.expect_file_chooser() as chooser:
            visit.page.get_by_role("button", name="Choose files").click()
        chooser.value.set_files(
            [{"name": "credit-default.skops", "mimeType": "application/zip", "buffer": b"PK\3\4" * 4096}]
        )
        visit.sees("button", "Deploy credit-default")
    visit.settle()
    if name in ("try", "app"):
        visit.page.get_by_role("region", name="Answer").first.wait_for()
    if name == "model":
        visit.page.locator("canvas").last.wait_for()
    visit.page.evaluate("() => document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    visit.page.mouse.move(0, 0)


class Filled:
    """A platform that the demo filled: what visits ask of one."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


@contextmanager
def _platform(home: Path | None) -> Iterator[Any]:
    if home is not None:
        yield Filled((home / "run" / "address").read_text().strip(), (home / "admin-token").read_text().strip())
        return
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNSHELF_")}
    command = [sys.executable, "-m", "unshelf.cli", "demo", "--full"]
    # A home folder without a server: whatever platform runs on this machine stays out of it.
    environment |= {"UNSHELF_HOME": os.devnull, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as demo:
        try:
            yield _filled(demo)
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait(60)


def _filled(demo: "subprocess.Popen[str]") -> Filled:
    assert demo.stdout is not None
    url, home = "", ""
    for line in demo.stdout:
        print(line, end="", flush=True)
        if found := _STARTED.search(line):
            url, home = found.groups()
        if line.startswith("filled in"):
            return Filled(url, (Path(home) / "admin-token").read_text().strip())
    raise SystemExit("The demo ended before the platform was filled: its last lines say why.")


if __name__ == "__main__":
    raise SystemExit(main())
