"""Lines of output, with and without a stamp."""

from datetime import UTC, datetime

from unshelf.runtime.output_lines import OutputLine, read_line, without_stamps

STAMPED = "2026-11-29T01:02:03.456Z [42] said [1] x"
READ = OutputLine(datetime(2026, 11, 29, 1, 2, 3, 456_000, UTC), "42", "said [1] x")


def test_a_stamp_is_time_and_replica() -> None:
    assert read_line(STAMPED, None) == READ


def test_a_line_without_a_stamp_belongs_to_the_one_before_it() -> None:
    assert read_line("Segmentation fault", READ) == READ._replace(text="Segmentation fault")
    assert read_line("first", None) == OutputLine(None, "", "first")


def test_a_stamp_that_is_no_time_is_text() -> None:
    odd = "2026-99-29T01:02:03.456Z [42] said"
    assert read_line(odd, None) == OutputLine(None, "", odd)


def test_output_is_shown_as_it_was_written() -> None:
    assert without_stamps(f"{STAMPED}\nplain\n{STAMPED}") == "said [1] x\nplain\nsaid [1] x"
