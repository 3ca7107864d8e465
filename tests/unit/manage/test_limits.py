"""Limits say at least one thing, and what is left out is not stored."""

from typing import Any

import pytest
from pydantic import ValidationError

from unshelf.manage.limits import Limits, stored


@pytest.mark.parametrize(
    "fields", [{}, {"burst": 3}, {"rate": 0}, {"rate": 1, "burst": 0}, {"concurrency": 0}, {"rate": 1, "per": "minute"}]
)
def test_what_limits_nothing_or_can_not_be_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Limits(**fields)


def test_only_what_is_limited_is_stored() -> None:
    assert stored(Limits(rate=2.5)) == {"rate": 2.5}
    assert stored(Limits(concurrency=3)) == {"concurrency": 3}
    assert stored(None) is None
