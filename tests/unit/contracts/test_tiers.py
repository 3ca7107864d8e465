"""Tiers check themselves; memory is written as people write it."""

from typing import Any

import pytest

from unshelf.contracts.tiers import TIERS, Tier, memory_text

GOOD: dict[str, Any] = {"cpu": 0.5, "memory_bytes": 16 << 20, "threads": 1}


def test_a_tier_may_be_small() -> None:
    assert Tier(**GOOD).gpu == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cpu", 0),
        ("cpu", 5000),
        ("cpu", float("nan")),
        ("memory_bytes", (16 << 20) - 1),
        ("threads", 0),
        ("gpu", -1),
        ("gpu", 65),
    ],
)
def test_a_tier_that_can_not_be_names_its_field(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        Tier(**{**GOOD, field: value})


def test_memory_is_written_in_the_unit_that_fits() -> None:
    assert [memory_text(size) for size in (512 << 20, 1 << 30, 3 << 29)] == ["512 MiB", "1 GiB", "1.5 GiB"]
    assert memory_text(TIERS["large"].memory_bytes) == "16 GiB"
