"""Archives of the first release, whose merged files lie beside what they replaced."""

from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from tests.support.archive import archived, put_archived
from tests.support.segments import record
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import ArchivedFile
from unshelf.records.archive.upgrade import remove_replaced


def put_merged(folder: Path, beside: ArchivedFile, *replaced: str) -> None:
    """A merged file as the first release wrote it."""
    path = Archive(folder).path(beside)
    footer = {"parts": [], "replaced": dict.fromkeys(replaced, (0, 1))}
    table = pq.ParquetFile(path).read().replace_schema_metadata({b"unshelf.merged": msgspec.json.encode(footer)})
    pq.write_table(table, path.with_name("2-0-b.merged-01.parquet"))


def names(folder: Path) -> list[str]:
    return [file.name for file in archived(folder)]


def test_what_a_merged_file_replaced_is_removed(folder: Path) -> None:
    first = put_archived(folder, "1-0-a", record(1))
    for number, segment in ((2, "2-0-b"), (3, "3-0-c")):
        put_archived(folder, segment, record(number))
    put_merged(folder, first, "1-0-a.parquet", "2-0-b.parquet", "0-0-gone.parquet")
    assert remove_replaced(Archive(folder)) == 2
    assert names(folder) == ["2-0-b.merged-01.parquet", "3-0-c.parquet"]
    assert remove_replaced(Archive(folder)) == 0


def test_merged_files_of_this_release_replace_nothing(folder: Path) -> None:
    file = put_archived(folder, "1-0-a", record(1))
    path = Archive(folder).path(file)
    pq.write_table(pq.ParquetFile(path).read(), path.with_name("1-0-a.merged-02.parquet"))
    assert remove_replaced(Archive(folder)) == 0
    assert names(folder) == ["1-0-a.merged-02.parquet", "1-0-a.parquet"]
