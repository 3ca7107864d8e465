"""The journal: what was done is there in order, and what was begun counts if it was done."""

from pathlib import Path

from unshelf.records.archive import journal
from unshelf.records.archive.journal import FileDigest, JournalEntry

KEY = "model=iris/version=1/day=2027-01-01/01-0-a.merged-x.parquet"


def digest(path: str) -> FileDigest:
    return FileDigest(path=path, sha256="a" * 64, rows=1, bytes=2)


def entry(path: str) -> JournalEntry:
    return JournalEntry(sources=[digest("01-0-a.seg")], made=[digest(path)])


def told(folder: Path) -> list[str]:
    return [each.made[0].path for _, each in journal.entries(folder)]


def test_entries_come_in_their_order(folder: Path) -> None:
    for name in ("c", "a", "b"):
        journal.add(folder, entry(name))
    assert told(folder) == ["c", "a", "b"]


def test_what_was_begun_counts_once_it_is_done(folder: Path) -> None:
    done = journal.begin(folder, entry("a"))
    assert told(folder) == []
    done()
    assert told(folder) == ["a"]


def test_a_killed_process_is_judged_by_what_it_left(folder: Path) -> None:
    journal.begin(folder, entry(KEY))
    journal.settle(folder)
    assert told(folder) == []
    journal.begin(folder, entry(KEY))
    path = folder / "parquet" / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    journal.settle(folder)
    assert told(folder) == [KEY]


def test_what_is_no_entry_is_passed_over(folder: Path) -> None:
    journal.add(folder, entry("a"))
    for number, content in enumerate((b"", b"{}", b'{"sources": [], "made": []}')):
        (folder / "staging" / "journal" / f"0-{number}.json").write_bytes(content)
    assert told(folder) == ["a"]


def test_segments_are_told_apart_and_bytes_hashed(tmp_path: Path) -> None:
    assert (digest("01.seg").is_segment, digest(KEY).is_segment) == (True, False)
    (tmp_path / "x").write_bytes(b"abc")
    rests: list[int] = []
    assert journal.hashed(tmp_path / "x", lambda: rests.append(1)) == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3
    )  # fmt: skip
    assert rests == [1]
