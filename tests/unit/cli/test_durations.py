"""Durations as people write them."""

import pytest
import typer

from unshelf.cli.durations import seconds_of


def test_each_unit_is_read() -> None:
    assert [seconds_of(text, "--x") for text in (None, "30s", "30m", "12h", "1.5d", "2w")] == [
        None, 30, 1800, 43_200, 129_600, 1_209_600,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "soon", "5", "-1d", "1y"])
def test_what_is_no_time_is_refused_with_the_option_s_name(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        seconds_of(text, "--expires")
    assert caught.value.param_hint == "--expires"
