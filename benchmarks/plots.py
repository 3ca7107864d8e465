"""Plots as PNG, in one plain style."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt

from benchmarks.report import PLOTS

Lines = Mapping[str, Sequence[tuple[float, float]]]
"""Name → its points."""


def lines(
    name: str, series: Lines, *, title: str, x: str, y: str, logarithmic: bool = False, marked: str | None = None
) -> Path:
    """A plot of lines at docs/benchmarks/NAME.png; the line called `marked` is drawn thicker. `logarithmic`: both axes."""
    figure, axes = plt.subplots(figsize=(8, 4.5), dpi=110)
    for key, points in series.items():
        wide = key == marked
        style = {"linewidth": 3.0, "zorder": 3} if wide else {"linewidth": 1.3}
        marker = "o" if len(points) <= 20 else None
        axes.plot([point[0] for point in points], [point[1] for point in points], label=key, marker=marker, **style)
    if logarithmic:
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        ticks = sorted({point[0] for points in series.values() for point in points})
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    else:
        axes.set_ylim(bottom=0)
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    PLOTS.mkdir(parents=True, exist_ok=True)
    path = PLOTS / f"{name}.png"
    figure.savefig(path, bbox_inches="tight")
    plt.close(figure)
    return path
