"""Counting hours: profiles of columns of any length, tensors among them, and how parts become one."""

import numpy as np
import pyarrow as pa

from unshelf.contracts.protocols.profiles import NumberProfile, TableProfile, TensorProfile
from unshelf.monitor.windows.counting import ColumnsBuilder, Counted, HourCounter, by_hour, joined, latency_of, together

HOUR_NS = 3600 * 10**9


def records(hours: list[float], **columns: list[object]) -> pa.Table:
    count = len(hours)
    facts = {
        "time": pa.array([int(hour * HOUR_NS) for hour in hours], pa.timestamp("ns")), "status": [200] * count,
        "code": [""] * count, "latency_us": [2000] * count, "queue_us": [500] * count,
    }  # fmt: skip
    return pa.table({**facts, **columns})


def counter(kinds: dict[str, str], elements: dict[str, int] | None = None) -> HourCounter:
    return HourCounter(ColumnsBuilder(kinds, elements or {}))


def test_records_are_parted_by_the_hour() -> None:
    table = records([0.5, 1.0, 1.9, 0.1])
    assert {hour: those.num_rows for hour, those in by_hour(table)} == {0: 2, 1: 2}
    assert [hour for hour, _ in by_hour(records([7.5, 7.6]))] == [7]


def test_rows_are_those_of_the_inputs_and_columns_may_differ_in_length() -> None:
    hour = counter({"in:x": "number", "out:output": "number"})
    hour.add(records([0.1, 0.2], in_x=[[1.0, 2.0], [3.0]], out=[[1.0] * 5, None]))
    counted = hour.counted()
    assert (counted.requests, counted.rows, counted.profile.rows) == (2, 3, 3)
    x, out = (counted.profile.columns[name] for name in ("in:x", "out:output"))
    assert isinstance(x, NumberProfile)
    assert isinstance(out, NumberProfile)
    assert (x.rows, out.rows) == (3, 5)


def test_rows_of_requests_whose_inputs_are_not_known_are_those_of_the_answers() -> None:
    hour = counter({"in:x": "number", "out:output": "number"})
    hour.add(records([0.1], in_x=[None], out=[[1.0, 2.0]]))
    assert hour.counted().rows == 2


def test_tensors_are_put_back_into_shape_and_others_are_passed_over() -> None:
    hour = counter({"in:t": "tensor"}, {"in:t": 4})
    hour.add(records([0.1], in_t=[list(np.arange(8.0))]))
    hour.add(records([0.2], in_t=[[1.0, 2.0, 3.0]]))
    profile = hour.counted().profile.columns["in:t"]
    assert isinstance(profile, TensorProfile)
    assert (profile.means.rows, profile.means.maximum, profile.elements) == (2, 5.5, 4)


def test_failures_are_counted_by_code_and_tell_nothing_of_columns() -> None:
    hour = counter({"in:x": "number"})
    table = records([0.1, 0.2, 0.3], in_x=[[1.0], [2.0], [3.0]])
    table = table.set_column(1, "status", pa.array([500, 422, 200])).set_column(
        2, "code", pa.array(["", "invalid_input", ""])
    )
    hour.add(table)
    counted = hour.counted()
    assert (counted.requests, counted.rows, counted.errors) == (3, 1, {"500": 1, "invalid_input": 1})
    latency = latency_of(counted.timings, "latency")
    assert latency is not None
    assert (latency.p50, latency.maximum) == (2.0, 2.0)
    assert latency_of(TableProfile(rows=0, columns={}), "latency") is None


def test_parts_become_one_and_empty_ones_say_nothing_of_columns() -> None:
    first, second, failed = (counter({"in:x": "number"}) for _ in range(3))
    first.add(records([0.1], in_x=[[1.0]]))
    second.add(records([0.1], in_x=[[5.0]]))
    failed.add(records([0.1], in_x=[[5.0]]).set_column(1, "status", pa.array([500])))
    total = together([failed.counted(), first.counted(), second.counted()])
    assert (total.requests, total.rows, total.errors) == (3, 2, {"500": 1})
    x = total.profile.columns["in:x"]
    assert isinstance(x, NumberProfile)
    assert (x.minimum, x.maximum, x.rows) == (1.0, 5.0, 2)
    assert joined([]) == TableProfile(rows=0, columns={})
    alone = first.counted()
    assert together([alone]) == Counted(**vars(alone))
