"""Files at a path: one, or those below it with their paths from there on."""

from unshelf.contracts.bundle import BundleFile
from unshelf.develop.jobs.job_inputs import files_at

FILES = [BundleFile(path=path, sha256="0" * 64, size=1) for path in ("value/a.bin", "value/deep/b.bin", "valued.txt")]


def test_a_file_a_folder_and_everything() -> None:
    assert [file.path for file in files_at(FILES, "value/a.bin")] == ["a.bin"]
    assert [file.path for file in files_at(FILES, "value")] == ["a.bin", "deep/b.bin"]
    assert files_at(FILES, "") == FILES
    assert files_at(FILES, "val") == []
