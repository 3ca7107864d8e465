"""docs/benchmarks.md: each benchmark writes its own section, with the machine and the date it was measured on."""

import datetime
import math
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

import psutil

DOCS = Path(__file__).resolve().parents[1] / "docs"
PLOTS = DOCS / "benchmarks"
_PAGE = DOCS / "benchmarks.md"
_ORDER = (
    "serving",
    "wake",
    "density",
    "routing",
    "records",
    "arrow",
    "pages",
    "search",
    "audit",
    "drift",
    "fleet",
    "beside",
    "jobs",
    "scoring",
    "soak",
    "sharing",
)
_HEAD = """# Benchmarks

Written by `benchmarks/`, never by hand: each section by the command it names, on the machine it names. Speed is claimed only here.
"""


def write_section(name: str, title: str, body: str) -> Path:
    """Put this section in its place in the page, in the stead of the one that was there; the page's path."""
    return _put(name, f"## {title}\n\n{body.strip()}\n\n{machine_line()}\n")


def leave_place(name: str, title: str, how: str) -> None:
    """Say in the page what a benchmark measures, where it has no section yet."""
    if name not in _sections(_PAGE.read_text() if _PAGE.exists() else ""):
        _put(name, f"## {title}\n\n{how.strip()}\n\nNot measured yet: no figures are claimed.\n")


def _put(name: str, section: str) -> Path:
    sections = _sections(_PAGE.read_text() if _PAGE.exists() else "")
    sections[name] = section
    if missing := sorted(set(sections) - set(_ORDER)):
        raise ValueError(f"{', '.join(missing)}: no place among the sections of {_PAGE.name}; add it to _ORDER.")
    blocks = [f"<!-- {key} -->\n{sections[key]}<!-- /{key} -->\n" for key in _ORDER if key in sections]
    _PAGE.write_text("\n".join([_HEAD, *blocks]))
    return _PAGE


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def plot_link(path: Path, alternative: str) -> str:
    """The Markdown of a plot that lies in PLOTS."""
    return f"![{alternative}](benchmarks/{path.name})"


def machine_line() -> str:
    """The machine, the Python and the day, in one line."""
    memory = psutil.virtual_memory().total / 2**30
    today = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"Measured {today} on {len(os.sched_getaffinity(0))} cores of {_processor()}, {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}."
    )


def milliseconds(value: float) -> str:
    """A time in milliseconds with about three digits."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent are not above (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _processor() -> str:
    try:
        told = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        told = None
    return told[1].strip() if told else platform.processor() or platform.machine()


def _sections(page: str) -> dict[str, str]:
    return dict(re.findall(r"<!-- (\w+) -->\n(.*?)<!-- /\1 -->", page, re.DOTALL))
