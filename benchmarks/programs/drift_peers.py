"""`drift_peers.py SYSTEM REFERENCE CURRENT`: what another system takes; the data is in its memory before the clock starts."""

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pandas as pd

Frame = Any


def evidently(method: str | None) -> Callable[[Frame, Frame], int]:
    report, data_drift = import_module("evidently").Report, import_module("evidently.presets").DataDriftPreset

    def check(reference: Frame, current: Frame) -> int:
        preset = data_drift() if method is None else data_drift(method=method)
        found = report([preset]).run(current, reference).dict()
        return int(found["metrics"][0]["value"]["count"])

    return check


def nannyml() -> Callable[[Frame, Frame], int]:
    nml = import_module("nannyml")

    def check(reference: Frame, current: Frame) -> int:
        calculator = nml.UnivariateDriftCalculator(
            column_names=list(reference.columns), chunk_number=10, continuous_methods=["jensen_shannon"],
            categorical_methods=["jensen_shannon"],
        )  # fmt: skip
        calculator.fit(reference)
        calculator.calculate(current)
        return -1

    return check


def whylogs() -> Callable[[Frame, Frame], int]:
    why = import_module("whylogs")

    def check(_reference: Frame, current: Frame) -> int:
        why.log(pandas=current).profile().view()
        return -1

    return check


def popmon() -> Callable[[Frame, Frame], int]:
    import_module("popmon")  # it gives data frames a method

    def check(_reference: Frame, current: Frame) -> int:
        current.pm_make_histograms(features=list(current.columns), binning="auto")
        return -1

    return check


SYSTEMS: dict[str, Callable[[], Callable[[Frame, Frame], int]]] = {
    "evidently": lambda: evidently(None), "evidently-psi": lambda: evidently("psi"),
    "evidently-js": lambda: evidently("jensenshannon"), "nannyml": nannyml, "whylogs": whylogs, "popmon": popmon,
}  # fmt: skip


def main(system: str, reference: str, current: str) -> None:
    check = SYSTEMS[system]()
    before, after = pd.read_parquet(reference), pd.read_parquet(current)
    begun = time.perf_counter()
    drifted = check(before, after)
    said = {
        "seconds": time.perf_counter() - begun, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10, "drifted": drifted,
    }  # fmt: skip
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:4])
