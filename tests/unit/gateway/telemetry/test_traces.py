"""The traceparent header is read by the standard, or counts as absent."""

import pytest

from unshelf.gateway.telemetry.traces import read_traceparent

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize(
    "wrong",
    [
        "", "00", f"00-{TRACE}-{PARENT}", f"00-{TRACE.upper()}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-01-more", f"00-{TRACE}-{PARENT}-0g", SAMPLED + "\n",
    ],
)  # fmt: skip
def test_what_is_no_traceparent_counts_as_not_there(wrong: str) -> None:
    assert read_traceparent(wrong) is None


def test_a_later_version_of_the_standard_is_read_as_far_as_it_is_known() -> None:
    trace = read_traceparent(f"01-{TRACE}-{PARENT}-02-more")
    assert trace and (trace.trace_id, trace.parent_id, trace.sampled) == (TRACE, PARENT, False)
