"""The metrics of recording: what was answered, recorded and lost, and what control found in segments."""

import pytest

from unshelf.contracts import counter_ids as c
from unshelf.gateway.telemetry.recording import recording
from unshelf.runtime.mapped_counters import Label


def totals(**cells: int) -> dict[Label, list[int]]:
    found = [0] * c.TOTALS_CELLS
    for name, value in cells.items():
        found[getattr(c, name)] = value
    return {(c.TOTALS,): found}


def samples(total: dict[Label, list[int]], *, hidden: str = "") -> dict[str, float]:
    """Name and labels of each sample → its value."""
    return {
        ",".join((sample.name, *sample.labels.values())): sample.value
        for metric in recording(total, lambda model: model != hidden)
        for sample in metric.samples
    }


def test_the_totals_are_shown_as_they_are() -> None:
    shown = samples(totals(ANSWERED=7, RECORDED=5, LOST=2, SPANS_DROPPED=1, ROUTING_UNREADABLE=3))
    assert {name: shown[name] for name in shown if not name.startswith(("unshelf_segment", "unshelf_alerts"))} == {
        "unshelf_predictions_answered_total": 7, "unshelf_predictions_recorded_total": 5, "unshelf_predictions_lost_total": 2,
        "unshelf_spans_dropped_total": 1, "unshelf_recording_working": 1, "unshelf_routing_parts_unreadable": 3,
    }  # fmt: skip


@pytest.mark.parametrize(("broken", "working"), [(0, 1), (1, 0), (2, 0)])
def test_recording_works_only_where_every_gateway_can_record(broken: int, working: int) -> None:
    assert samples(totals(NOT_RECORDING=broken))["unshelf_recording_working"] == working


def test_what_was_lost_is_told_by_model_to_those_who_may_see_it() -> None:
    total = {**totals(), (c.LOST_OF, "iris", 2): [4], (c.LOST_OF, "secret", 1): [9]}
    shown = samples(total, hidden="secret")
    lost = {name: value for name, value in shown.items() if name.startswith("unshelf_model_predictions_lost")}
    assert lost == {"unshelf_model_predictions_lost_total,iris,2": 4}


def test_what_control_found_is_shown_and_is_nothing_without_a_control() -> None:
    cells = [0] * c.RECORDS_CELLS
    cells[c.SEGMENTS_TORN], cells[c.SEGMENTS_DAMAGED], cells[c.BYTES_LEFT_OUT] = 1, 2, 300
    cells[c.OPEN_WARNINGS], cells[c.OPEN_CRITICAL] = 4, 5
    expected = {
        "unshelf_segments_torn_total": 1, "unshelf_segments_damaged_total": 2, "unshelf_segment_bytes_left_out_total": 300,
        "unshelf_alerts,warning": 4, "unshelf_alerts,critical": 5,
    }  # fmt: skip
    found, nothing = samples({**totals(), (c.RECORDS,): cells}), samples(totals())
    assert {name: found[name] for name in expected} == expected
    assert {name: nothing[name] for name in expected} == dict.fromkeys(expected, 0)
