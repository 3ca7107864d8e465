"""Durations as people write them."""

import pytest
import typer

from unshelf.cli.durations import moment_of, seconds_of


def test_each_unit_is_read() -> None:
    assert [seconds_of(text, "--x") for text in (None, "30s", "30m", "12h", "1.5d", "2w")] == [
        None, 30, 1800, 43_200, 129_600, 1_209_600,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "soon", "5", "-1d", "1y"])
def test_what_is_no_time_is_refused_with_the_option_s_name(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        seconds_of(text, "--expires")
    assert caught.value.param_hint == "--expires"


def test_a_moment_is_a_day_a_time_or_how_long_ago_it_was() -> None:
    assert moment_of(None, "--since") is None
    assert moment_of("2027-03-31T12:00:00Z", "--since") == "2027-03-31T12:00:00+00:00"
    assert moment_of("2027-03-31T12:00:00+02:00", "--since") == "2027-03-31T10:00:00+00:00"
    assert str(moment_of("2027-03-31", "--since")).startswith("2027-03-3")
    assert str(moment_of("7d", "--since")) < str(moment_of("1m", "--since"))
    for text in ("soon", "99999999999w"):
        with pytest.raises(typer.BadParameter):
            moment_of(text, "--since")
