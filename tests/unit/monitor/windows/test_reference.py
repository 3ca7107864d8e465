"""What windows are held against: the baseline's inputs, and the first requests for all else."""

import pyarrow as pa

from tests.unit.monitor.windows.test_service import stored
from unshelf.contracts.protocols.profiles import NumberProfile
from unshelf.monitor.windows.reference import composed, profile_of_first
from unshelf.records.profiles.storing import unpack

KINDS = {"in:x": "number", "in:who": "category", "out:output": "number"}
FIRST = profile_of_first(pa.table({"in_x": [[1.0], [2.0]], "in_who": [["a"], ["b"]], "out": [[0.0], [1.0]]}), KINDS, {})


def test_the_first_requests_have_bins_of_their_own() -> None:
    x = FIRST.columns["in:x"]
    assert isinstance(x, NumberProfile)
    assert x.histogram is not None
    assert (FIRST.rows, sum(x.histogram.counts)) == (2, 2)


def test_there_is_no_reference_of_nothing() -> None:
    assert composed(None, None, KINDS) == (None, {})


def test_first_requests_alone() -> None:
    profile, sources = composed(None, FIRST, KINDS)
    assert profile is not None
    assert (profile.rows, set(sources.values())) == (2, {"first_requests"})


def test_inputs_are_the_baseline_s_where_their_kinds_agree() -> None:
    baseline = unpack(stored(x=[1.0, 2.0, 3.0], who=[1.0, 2.0, 3.0], truth=["a", "b", "c"]))
    profile, sources = composed(baseline, FIRST, KINDS)
    assert profile is not None
    assert sources == {"in:x": "baseline", "in:who": "first_requests", "out:output": "first_requests"}
    assert profile.rows == 3
    alone, sources = composed(baseline, None, {})
    assert alone is not None
    assert set(sources) == {"in:x", "in:who", "in:truth"}, "nothing was recorded yet, so all may be inputs"
