"""Measurements of a bench as tables."""

from typing import Any

from unshelf.cli.output import binary_size, console, show_facts, table, when

_COLUMNS = (
    "tier", "callers", "p50 ms", "p95 ms", "p99 ms", "requests/s", "rows/s", "memory", "cost of 1,000", "other work", "",
)  # fmt: skip
_NOTICED_CORES = 0.2
"""Cores' worth of other work from which on a measurement is not one of the version alone."""
_SOURCES = {
    "data": "rows that were given", "example": "the version's example", "baseline": "rows made from the version's baseline",
    "signature": "rows made up from the version's signature",
}  # fmt: skip


def show_bench(bench: dict[str, Any]) -> None:
    """Print a bench: what was asked for, a table of what was measured, and on what machine."""
    out = console()
    out.print(f"{bench['model']}:{bench['version']}  {bench['state']}  {bench['reason']}".rstrip(), markup=False)
    rows = [row for line in bench["tiers"] for row in _rows(line, bench["currency"])]
    out.print(table("", _COLUMNS, rows, right=_COLUMNS[1:10]))
    results = [line["result"] for line in bench["tiers"] if line["result"] is not None]
    if not results:
        return
    machine = results[0]["machine"]
    measured = results[0]["measures"][0]
    sent = f"{bench['rows']} a request, {_SOURCES[results[0]['source']]}" + (
        f" ({bench['data']})" if bench["data"] else ""
    )
    show_facts(out, [
        ("rows", sent), ("measured", f"{bench['seconds']:g} s each after {bench['warmup']:g} s of warm-up, {when(measured['began'])}"),
        ("machine", f"{machine['processor'] or 'unknown processor'}, {machine['cores']} cores, {binary_size(machine['memory_bytes'])}"),
        ("id", bench["id"]),
    ])  # fmt: skip
    if any((each["others_cores"] or 0) >= _NOTICED_CORES for result in results for each in result["measures"]):
        out.print("Other work ran on the machine meanwhile: measure again when it is quiet.", markup=False)


def best_of(bench: dict[str, Any]) -> dict[str, Any] | None:
    """Return the measurement of a bench with the most requests a second; None: there is none."""
    found = [each for line in bench["tiers"] if line["result"] is not None for each in line["result"]["measures"]]
    return max(found, key=lambda each: float(each["requests_a_second"]), default=None)


def milliseconds(value: float) -> str:
    """Return milliseconds with three digits that say something."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def rate(value: float) -> str:
    """Return a rate with three digits that say something, and thousands."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def money(value: float | None, currency: str) -> str:
    """Return an amount of money, small ones too."""
    return (
        "" if value is None else f"{value:.2f} {currency}".strip() if value >= 1 else f"{value:.2g} {currency}".strip()
    )


def _rows(line: dict[str, Any], currency: str) -> list[tuple[Any, ...]]:
    result = line["result"]
    if result is None:
        return [(line["tier"], *[""] * (len(_COLUMNS) - 2), f"{line['state']}: {line['reason']}".rstrip(": "))]
    found = []
    for each in result["measures"]:
        others = each["others_cores"]
        failed = f"{each['failed']} failed: {each['problem']}" if each["failed"] else ""
        found.append((
            line["tier"], each["callers"], milliseconds(each["p50_ms"]), milliseconds(each["p95_ms"]), milliseconds(each["p99_ms"]),
            rate(each["requests_a_second"]), rate(each["rows_a_second"]), binary_size(result["memory_bytes"]),
            money(each["cost"], currency), "" if others is None else f"{others:.1f} cores", failed,
        ))  # fmt: skip
    return found
