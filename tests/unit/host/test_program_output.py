"""What is kept of a program's output, however much it is."""

import pytest

from unshelf.host.program_output import BoundedOutput, cut_lines


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_an_output_within_bounds_is_kept_as_it_is(chunk: int) -> None:
    output = BoundedOutput(most=100)
    text = bytes(range(32, 127))[:100]
    for start in range(0, len(text), chunk):
        output.write(text[start : start + chunk])
    assert (output.text(), output.is_complete) == (text.decode(), True)


@pytest.mark.parametrize("chunk", [1, 7, 33, 5000])
def test_of_a_longer_one_the_beginning_and_the_end_are_kept(chunk: int) -> None:
    output = BoundedOutput(most=40)
    text = b"begin" + b"." * 3000 + b"end"
    for start in range(0, len(text), chunk):
        output.write(text[start : start + chunk])
    assert output.text() == f"begin.....\n[{3008 - 40} bytes left out]\n{'.' * 27}end"
    assert not output.is_complete


def test_long_lines_are_cut_and_others_are_not() -> None:
    assert cut_lines("short\n" + "y" * 25 + "\nend", longest=10) == "short\nyyyyyyyyyy [15 more]\nend"
