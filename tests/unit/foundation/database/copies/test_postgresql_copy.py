"""How rows of PostgreSQL are cut into parts; tests/contract/test_backups.py has the rest."""

from unshelf.foundation.database.copies.port import PART_BYTES
from unshelf.foundation.database.copies.postgresql_copy import _cut


def test_a_row_in_the_middle_changes_the_parts_around_it_alone() -> None:
    rows = [f"{number}\t{'x' * 200}\n".encode() for number in range(60_000)]
    before = list(_cut(iter(rows)))
    after = list(_cut(iter([*rows[:30_000], b"new\trow\n", *rows[30_000:]])))
    assert b"".join(before) == b"".join(rows)
    assert len(before) > 10
    assert len(set(after) - set(before)) <= 2


def test_rows_that_never_end_a_part_are_cut_by_size() -> None:
    parts = list(_cut(iter([b"x" * 999 + b"\n"] * 20_000)))
    assert len(parts) > 1 and max(map(len, parts)) <= 17 * PART_BYTES
