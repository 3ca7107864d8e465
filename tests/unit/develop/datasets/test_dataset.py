"""Datasets as values: their digest, and the format of their files."""

from unshelf.contracts.bundle import BundleFile
from unshelf.develop.datasets.dataset import digest_of, format_of

A = BundleFile(path="a.csv", sha256="a" * 64, size=1)
B = BundleFile(path="b.csv", sha256="b" * 64, size=2)


def test_the_digest_is_of_the_content_and_not_of_the_order() -> None:
    assert digest_of([A, B]) == digest_of([B, A])
    renamed = BundleFile(path="c.csv", sha256="b" * 64, size=2)
    assert len({digest_of(files) for files in ([A], [B], [A, B], [A, renamed])}) == 4


def test_the_suffixes_of_all_files_decide_the_format() -> None:
    assert format_of(["a.parquet", "b/C.PARQUET"]) == "parquet"
    assert format_of(["a.csv", "b.csv.gz"]) == "csv"
    assert format_of(["a.csv", "b.parquet"]) == "files"
    assert format_of(["a.png"]) == "files"
