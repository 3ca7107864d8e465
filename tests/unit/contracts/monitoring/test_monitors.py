"""Monitors as a version declares them."""

from typing import Any

import pytest

from unshelf.contracts.monitoring.monitors import MOST_DECLARED, DeclaredMonitor, check_declared


def test_what_is_left_out_is_as_usual() -> None:
    found = DeclaredMonitor(name="income-drift")
    assert (found.kind, found.window, found.threshold, found.columns) == ("inputs", None, None, [])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Income"}, "small letters"),
        ({"threshold": 1.5}, "a threshold of inputs is not 1.5"),
        ({"threshold": 0.0}, "is not 0"),
        ({"kind": "volume", "threshold": 1.0}, "a threshold of volume"),
        ({"kind": "latency", "threshold": float("inf")}, "a threshold of latency"),
        ({"thresholds": {"income": float("nan")}}, "is not nan"),
    ],
)
def test_what_can_t_be_watched_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        DeclaredMonitor(**{"name": "m", **fields})


def test_names_differ_and_are_not_too_many() -> None:
    check_declared([DeclaredMonitor(name=f"m{n}") for n in range(MOST_DECLARED)])
    with pytest.raises(ValueError, match="a name of its own"):
        check_declared([DeclaredMonitor(name="m"), DeclaredMonitor(name="m")])
    with pytest.raises(ValueError, match=f"at most {MOST_DECLARED}"):
        check_declared([DeclaredMonitor(name=f"m{n}") for n in range(MOST_DECLARED + 1)])
