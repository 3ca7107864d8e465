"""A function with `@unshelf.job` runs here as before, and says at once what can't be submitted."""

import pytest

import unshelf
from unshelf.client.functions.job_function import JobFunction, target_of


@unshelf.job(tier="medium", inputs={"orders": "data://orders"})
def scale(x: int, orders: object = None) -> int:
    """Double."""
    return 2 * x


def test_it_runs_here_and_keeps_its_name() -> None:
    assert scale(4) == 8
    assert (scale.__name__, scale.__doc__) == ("scale", "Double.")
    assert isinstance(scale.options(tier="large"), JobFunction)
    assert target_of(scale.__wrapped__).endswith("test_job_function.py:scale")  # type: ignore[attr-defined]


def test_a_wrong_call_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(unshelf.UnshelfError, match="can't be called so"):
        scale.submit(1, rate=2)
    with pytest.raises(unshelf.UnshelfError, match="no such option"):
        unshelf.job(hardware="large")
    with pytest.raises(unshelf.UnshelfError, match="stands in no file"):
        unshelf.job(lambda: 1).submit()
