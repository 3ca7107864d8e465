"""Lines of a child are a stranger's."""

import os

from unshelf.worker.metrics.main import _heard, _parsed


def test_lines_are_taken_up_to_one_that_is_none() -> None:
    reader, writer = os.pipe()
    os.write(writer, b'{"day": "a"}\n{"day": "b"}\n{"day": "x"}\n')
    os.close(writer)
    found, problem = _heard(reader, ["a", "b", "c"], 60.0)
    os.close(reader)
    assert found == [{"day": "a"}, {"day": "b"}]
    assert "wrote into the pipe" in problem


def test_no_line_within_the_time_is_said() -> None:
    reader, writer = os.pipe()
    found, problem = _heard(reader, ["a"], 0.0)
    assert (found, problem) == ([], "The function took longer than the 0 seconds that it has for a day.")
    os.close(reader)
    os.close(writer)


def test_what_is_no_object_is_no_line() -> None:
    assert [_parsed(line) for line in (b"1", b"{", b'{"a": 1}', b"\xff")] == [None, None, {"a": 1}, None]
