"""Tables of profiles and rows."""

from datetime import date

import pyarrow as pa
import pytest

from unshelf.cli.develop.data_tables import show_profile, show_rows
from unshelf.cli.output import console


def test_rows_show_dates_gaps_and_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows(pa.table({"day": [date(2024, 1, 2)], "raw": [b"abc"], "gap": pa.nulls(1)}), json=False)
    said = capsys.readouterr().out
    assert "2024-01-02" in said
    assert "3 bytes" in said
    assert "–" in said


def test_profiles_show_at_most_three_frequent_values(capsys: pytest.CaptureFixture[str]) -> None:
    top = [{"value": letter, "count": 1} for letter in "abcd"]
    show_profile(console(), [{"name": "x", "type": "text", "gaps": 0, "mean": 1 / 3, "top": top}])
    said = capsys.readouterr().out
    assert "c (1)" in said
    assert "d (1)" not in said
    assert "0.333333" in said
