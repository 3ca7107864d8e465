"""The web application against its budgets, in a real Chromium on a real platform: first load, tables, filters, charts."""

import argparse
import os
import shutil
import sqlite3
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.report import leave_place, table, write_section
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform

TITLE = "Pages in a browser"
HOW = """`make bench-pages`: headless Chromium and the platform on the same cores, by loopback. A visitor logs in with a one-time
link; nothing is stored in the browser beforehand. The table is the data page's with 10,000 names; the chart is drawn from the answer of an
SQL query.

- *First load* counts the scripts of the start page as they are sent, compressed.
- *To the first row* is from the beginning of the navigation to a row of the page's own table, best and worst of the visits.
- *Scrolling* goes from the first row to the last in steps of a frame, up and down; a task is what the browser calls a long task.
- *Filtering* is from the keystroke to the filtered rows, the pause that waits for more keystrokes included.
- *Drawing* is from the click to the last point on the canvas."""
ROWS = 10_000
LINES = 10
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_CHART = "select x, " + ", ".join(f"sin(x / {200 + 40 * line}) * {line + 1} as line_{line}" for line in range(LINES))
CHART_SQL = f"{_CHART} from range({ROWS}) t(x)"
_WATCH = """
window.longTasks = [];
new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(task => task.duration))).observe({type: "longtask"});
new MutationObserver(() => {
  if (window.firstRow === undefined && document.querySelector("tbody tr a")) window.firstRow = performance.now();
}).observe(document, {childList: true, subtree: true});
"""
_SCROLL = """async () => {
  const frame = document.querySelector(".table-frame");
  const end = frame.scrollHeight - frame.clientHeight;
  window.longTasks.length = 0;
  for (const goal of [end, 0, end]) {
    const from = frame.scrollTop, steps = 120;
    for (let step = 1; step <= steps; step++) {
      frame.scrollTop = from + (goal - from) * step / steps;
      await new Promise(requestAnimationFrame);
    }
  }
  await new Promise(done => setTimeout(done, 200));
  return window.longTasks;
}"""
_FILTER = """async text => {
  const field = document.querySelector("input[aria-label='Filter by name']");
  const count = () => document.querySelector("[aria-live=polite]")?.textContent ?? "";
  const before = count();
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  const begun = performance.now();
  set.call(field, text);
  field.dispatchEvent(new Event("input", {bubbles: true}));
  while (count() === before) await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""
_DRAW = """async () => {
  const press = async name => {
    const button = [...document.querySelectorAll("button")].find(each => each.textContent.trim() === name);
    const begun = performance.now();
    button.click();
    await new Promise(done => setTimeout(done));
    return performance.now() - begun;
  };
  await press("As a table");
  await new Promise(done => setTimeout(done, 300));
  const took = await press("As lines");
  if (!document.querySelector("canvas")) throw new Error("no chart was drawn");
  return took;
}"""

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-pages ARGS=…", description=__doc__)
    parser.add_argument("--times", type=int, default=7, help="how often each is measured")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    if options.docs:
        leave_place("pages", TITLE, HOW)
    with (
        tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch,
        running_platform(Path(scratch) / "home") as platform,
    ):
        platform.cli("deploy", str(write_model(Path(scratch) / "model", name="seen")))
        platform.predict("seen", [{"a": 1.0, "b": 2.0}])
        add_names(Path(scratch) / "home")
        rows = measure(platform, options.times)
    shown = table(["", "measured", "budget"], rows)
    print(shown)
    if options.docs:
        body = f"{HOW}\n\n{shown}"
        console.print(f"written: {write_section('pages', TITLE, body)}")
    return 0


def add_names(home: Path) -> None:
    """Add names of data straight into the database: by the API each would be a transaction and an event."""
    now = "2026-01-01 00:00:00.000000"
    names = [f"name-{place:05}" for place in range(ROWS)]
    with sqlite3.connect(home / "unshelf.db") as database:
        database.executemany(
            "insert into data_names (name, kind, project, description, last_version, created_at, created_by)"
            " values (?, 'binding', 'default', 'A name that leads to a table of the warehouse.', 0, ?, 'bench')",
            [(name, now) for name in names],
        )
        database.executemany(
            "insert into data_bindings (name, target, set_at, set_by) values (?, 'data://warehouse/public.orders', ?, 'bench')",
            [(name, now) for name in names],
        )
    database.close()


def measure(platform: Platform, times: int) -> list[list[str]]:
    """Each budget, what was measured, and what it may be."""
    with browser() as chromium:
        scripts, starts = first_loads(chromium, platform, times)
        page = entered(chromium, platform)
        tables = [to_first_row(page, platform, "/data") for _ in range(times)]
        models = [to_first_row(page, platform, "/models") for _ in range(times)]
        to_first_row(page, platform, "/data")
        tasks = [task for _ in range(times) for task in page.evaluate(_SCROLL)]
        filters = [
            page.evaluate(_FILTER, text) for text in ["name-09", "name-0912", "0", "name-00001", ""] for _ in range(1)
        ]
        page.goto(f"{platform.url}/predictions?tab=sql&as=chart&sql={CHART_SQL.replace('+', '%2B')}")
        page.locator("canvas").wait_for()
        draws = [page.evaluate(_DRAW) for _ in range(times)]
        page.context.close()
    return [
        ["first load: scripts, compressed", f"{scripts / 1000:.0f} kB", "300 kB"],
        ["start page, to its content", spread(starts), "1 s"],
        ["models, to the first row", spread(models), "1 s"],
        [f"table of {ROWS:,} rows, to the first row", spread(tables), "1 s"],
        [
            f"scrolling {ROWS:,} rows: longest task",
            f"{max(tasks, default=0):.0f} ms" if tasks else "none over 50 ms",
            "100 ms",
        ],
        [f"filtering {ROWS:,} rows", spread(filters), "150 ms"],
        [f"drawing {LINES} × {ROWS:,} points", spread(draws), "50 ms"],
    ]


def spread(milliseconds: list[float]) -> str:
    """The median and the longest."""
    return f"{statistics.median(milliseconds):.0f} ms (at most {max(milliseconds):.0f})"


@contextmanager
def browser() -> Iterator[Any]:
    """Yield a Chromium."""
    program = os.environ.get("UNSHELF_TEST_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise SystemExit("bench-pages needs a Chromium: apt-get install chromium")
    with import_module("playwright.sync_api").sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()


def entered(chromium: Any, platform: Platform) -> Any:
    """A page of a new profile whose visitor is logged in."""
    page = chromium.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce").new_page()
    page.add_init_script(_WATCH)
    page.goto(platform.http.post("/api/v1/session/links").json()["url"])
    page.locator("h1").wait_for()
    return page


def first_loads(chromium: Any, platform: Platform, times: int) -> tuple[int, list[float]]:
    """The bytes of the start page's scripts, and the milliseconds to its content, each time with an empty cache."""
    sizes, starts = [], []
    for _ in range(times):
        page = chromium.new_context().new_page()
        page.add_init_script(_WATCH)
        link = platform.http.post("/api/v1/session/links").json()["url"]
        page.goto(link)
        page.locator("main section").first.wait_for()
        page.locator("[aria-busy=true]").first.wait_for(state="detached")
        starts.append(page.evaluate("window.firstRow ?? performance.now()"))
        sizes.append(
            page.evaluate(
                "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.js')).reduce((n, e) => n + e.encodedBodySize, 0)"
            )
        )
        page.context.close()
    return max(sizes), starts


def to_first_row(page: Any, platform: Platform, path: str) -> float:
    """Milliseconds from the beginning of the navigation to a row of the page's table."""
    page.goto(platform.url + path)
    page.locator("tbody tr a").first.wait_for()
    return float(page.evaluate("window.firstRow"))


if __name__ == "__main__":
    raise SystemExit(main())
