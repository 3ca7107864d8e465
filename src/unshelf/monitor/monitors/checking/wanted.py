"""Checks of a monitor that somebody sets: what can't judge anything is refused, what may not is warned of."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.monitoring import monitors
from unshelf.contracts.monitoring.columns import (
    ModelFacts,
    column_fault,
    slice_fault,
    task_fault,
    unknown_columns,
)
from unshelf.deploy.registry.lookup import find_version
from unshelf.monitor.monitors.monitor import Monitor, PerformanceMeasure, slices_asked
from unshelf.monitor.performance.custom.service import current, definition_of

MOST_COLUMNS = 1000
_REFERENCE = re.compile(r"baseline|previous|version:[1-9][0-9]{0,8}|slice:[^=]+=.+")
SlicesOf = Callable[[str], Sequence[str]]
"""Takes a model and returns the inputs that its records are parted by."""


def check_monitor(
    session: Session, monitor: Monitor, before: Monitor | None, slices_of: SlicesOf, facts: ModelFacts
) -> None:
    """Raise InvalidInput and NotFound for a monitor that can't judge anything. `before`: as it was; None: it is new.

    Columns, slices and measures that it had before are not looked for again: the model may have lost them since, which is in
    the way of nobody who pauses a monitor or sets its threshold."""
    if _REFERENCE.fullmatch(monitor.reference) is None:
        raise InvalidInput(
            f"{monitor.reference[:80]!a} is no reference.",
            hint="It is baseline, previous, version:N with the number of a version, or slice:COLUMN=VALUE.",
        )
    problem = monitors.window_problem(monitor.window, monitor.kind, monitor.reference)
    if problem:
        raise InvalidInput(f"{problem[0].upper()}{problem[1:]}.", hint="Such as --window day, or --window 1000.")
    _check_form_of_slices(monitor)
    if monitor.reference.startswith("version:"):
        find_version(session, monitor.model, int(monitor.reference.removeprefix("version:")))
    if monitor.version is not None:
        find_version(session, monitor.model, monitor.version)
    _check_measure(monitor, {each.name: definition_of(each).better for each in current(session, monitor.model)})
    _check_thresholds(monitor)
    if max(len(monitor.columns), len(monitor.thresholds)) > MOST_COLUMNS:
        raise InvalidInput(f"A monitor names {MOST_COLUMNS} columns at most.")
    _check_facts(
        monitor, before if before is not None and before.version == monitor.version else None, slices_of, facts
    )


def must_name_threshold(measure: Mapping[str, Any], change: Mapping[str, Any], threshold: float | None) -> None:
    """Raise InvalidInput where a change of a measure has a threshold mean something else than when it was set."""
    before = msgspec.convert(measure, PerformanceMeasure).relative
    if change.get("relative", before) != before and threshold is None:
        raise InvalidInput(
            "A threshold is a share of the reference's measure where it is relative, and else the worst value that is fine.",
            hint="Give the threshold together with `relative`.",
        )


def warnings_of(monitor: Monitor, slices_of: SlicesOf, facts: ModelFacts) -> tuple[str, ...]:
    """Return sentences on columns and slices that a monitor names, and its model may not have."""
    found = []
    fault = column_fault(monitor.kind, monitor.columns, monitor.thresholds, facts)
    if fault is not None:
        found.append(f"{fault.said[0].upper()}{fault.said[1:]} of {_watched(monitor)}. {fault.hint}")
    unknown = unknown_columns(monitor.kind, [*monitor.columns, *monitor.thresholds], facts)
    if unknown:
        found.append(
            f"It is not known yet whether {monitor.model} has {', '.join(unknown)}: neither a signature nor a record says. "
            "The results of the monitor will say whether it was found."
        )
    asked = _columns_of_slices(monitor)
    if missing := sorted(asked - set(slices_of(monitor.model) if asked else ())):
        found.append(_no_slice(monitor.model, missing[0], slices_of(monitor.model)))
    return tuple(found)


def _check_form_of_slices(monitor: Monitor) -> None:
    problem = ""
    if monitor.kind != "performance":
        problem = monitors.slice_problem(monitor.slice, monitor.kind, monitor.window, monitor.reference)
    elif monitor.reference.startswith("slice:"):
        problem = "performance is held against the ninety days before, the window before, or another version"
    if problem:
        raise InvalidInput(f"{problem[0].upper()}{problem[1:]}.", hint="Such as --slice region=north.")


def _check_measure(monitor: Monitor, own: Mapping[str, str]) -> None:
    """Raise InvalidInput for what can't be measured. `own`: the model's metrics of its own, and which values of each are better."""
    measure = monitor.measure
    if monitor.kind != "performance":
        if measure != PerformanceMeasure(slice=monitor.slice):
            raise InvalidInput(
                f"A monitor of {monitor.kind} has no metric, worse, relative, least_labels and estimated; those are of performance.",
                hint="Leave them out, or add a monitor of the kind performance.",
            )
        return
    fault = measure.fault() or monitors.measured_fault(measure) or monitors.own_problem(measure, monitor.window)
    if not fault and (monitor.columns or monitor.thresholds):
        fault = "performance has no columns; a slice names the rows that are measured"
    if fault:
        raise InvalidInput(f"The monitor can't be kept: {fault}.")
    if measure.is_own and measure.metric not in own:
        has = (
            f"{monitor.model} has {', '.join(sorted(own))} of its own"
            if own
            else f"{monitor.model} has none of its own"
        )
        raise InvalidInput(
            f"The monitor can't be kept: {measure.metric!r} is no metric; known are {monitors.KNOWN_METRICS}, and {has}.",
            hint=f"Set it first: unshelf metrics add {monitor.model} {measure.metric} --file FILE.",
        )
    if measure.is_own and not measure.worse and own[measure.metric] == "neither":
        raise InvalidInput(
            f"The metric {measure.metric} does not say which of its values are better.",
            hint="Say which are worse than the limit: --worse below, or --worse above.",
        )


def _check_thresholds(monitor: Monitor) -> None:
    least, most = monitors.threshold_bounds(monitor.kind, monitor.measure)
    if monitor.kind == "performance" and not monitor.measure.relative:
        least, most = monitor.measure.limits
    for place, value in (("threshold", monitor.threshold), *monitor.thresholds.items()):
        if not math.isfinite(value) or not least < value <= most:
            raise InvalidInput(
                f"The threshold {value:g} of {place[:80]!r} can't be used.",
                hint=f"Of {monitor.measure.metric or monitor.kind} it is above {least:g}"
                + (f" and at most {most:g}." if most != math.inf else "."),
            )


def _check_facts(monitor: Monitor, before: Monitor | None, slices_of: SlicesOf, facts: ModelFacts) -> None:
    """Raise InvalidInput for columns, slices and measures that the model is known not to have."""
    columns = [name for name in monitor.columns if before is None or name not in before.columns]
    thresholds = [name for name in monitor.thresholds if before is None or name not in before.thresholds]
    fault = column_fault(monitor.kind, columns, thresholds, facts)
    if fault is None and (before is None or before.measure.metric != monitor.measure.metric):
        fault = task_fault(monitor.measure.metric, facts)
    asked = _columns_of_slices(monitor) - (set() if before is None else _columns_of_slices(before))
    for column in sorted(asked) if fault is None else ():
        fault = fault or slice_fault(f"{column}=", facts)
    if fault is not None:
        raise InvalidInput(f"The monitor can't be kept for {_watched(monitor)}: {fault.said}.", hint=fault.hint)
    known = slices_of(monitor.model) if asked else ()
    if (known or facts.inputs is not None) and (missing := sorted(asked - set(known))):
        said, _, hint = _no_slice(monitor.model, missing[0], known).partition(" Its ")
        raise InvalidInput(said, hint=f"Its {hint}")


def _columns_of_slices(monitor: Monitor) -> set[str]:
    slices = {monitor.slice} - {""} if monitor.kind == "performance" else slices_asked(monitor)
    return {each.partition("=")[0] for each in slices}


def _no_slice(model: str, column: str, known: Sequence[str]) -> str:
    return (
        f"{column[:80]!r} is no slice of {model}. Its slices are {', '.join(known) or 'none'}; others are set by "
        f"unshelf columns set {model} --slices COLUMN."
    )


def _watched(monitor: Monitor) -> str:
    return monitor.model if monitor.version is None else f"{monitor.model}:{monitor.version}"
