"""What a trigger may wait for, and what it takes for that."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.develop.triggers.trigger import check_wait, matches


@pytest.mark.parametrize(("pattern", "name"), [("", "anything"), ("orders", "orders"), ("orders-*", "orders-2026")])
def test_a_pattern_stands_for_names(pattern: str, name: str) -> None:
    assert matches(pattern, name)


@pytest.mark.parametrize(("pattern", "name"), [("orders", "orders-2026"), ("Orders", "orders"), ("orders-*", "orders")])
def test_a_pattern_stands_for_no_others(pattern: str, name: str) -> None:
    assert not matches(pattern, name)


def test_what_it_causes_itself_is_refused() -> None:
    check_wait("event", "data.added", "orders-*")
    check_wait("call", "", "")
    for action in ("job.submitted", "sweep.begun", "schedule.set", "trigger.changed", "access.refused"):
        with pytest.raises(InvalidInput, match="start it again"):
            check_wait("event", action, "")
    for waits_for, action, subject in (("call", "data.added", ""), ("event", "", ""), ("event", "x" * 65, "")):
        with pytest.raises(InvalidInput):
            check_wait(waits_for, action, subject)  # type: ignore[arg-type]
