"""The output of a program is bounded: its beginning and its last words are kept."""

from pathlib import Path

from unshelf.host.jobs.runner.output_file import OutputFile


def written(path: Path, most: int, *chunks: bytes) -> bytes:
    output = OutputFile(str(path), most)
    for chunk in chunks:
        output.write(chunk)
    output.close()
    return path.read_bytes()


def test_what_fits_is_kept_as_it_is(tmp_path: Path) -> None:
    assert written(tmp_path / "log", 100, b"one\n", b"two\n") == b"one\ntwo\n"


def test_beyond_the_bound_the_end_is_added_with_how_much_is_missing(tmp_path: Path) -> None:
    said = written(tmp_path / "log", 10, b"0123456789", b"x" * 100_000, b"the end")
    assert said.startswith(b"0123456789\n[")
    assert said.endswith(b"xthe end")
    assert b"[34471 bytes left out]" in said
    assert len(said) < 70_000


def test_a_little_more_than_the_bound_is_kept_whole(tmp_path: Path) -> None:
    assert written(tmp_path / "log", 4, b"abcdef") == b"abcdef"


def test_what_a_later_attempt_at_the_same_file_writes_comes_after(tmp_path: Path) -> None:
    written(tmp_path / "log", 10, b"a")
    assert written(tmp_path / "log", 10, b"b") == b"ab"
