"""Lists of files in backups."""

import pytest

from unshelf.manage.backups.store.manifest import BackedUpFile, decode_index, encode_index


def test_a_list_is_read_as_it_was_written() -> None:
    files = [BackedUpFile(f"blobs/{number}", number, [str(number)]) for number in range(100)]
    assert decode_index(encode_index(files)) == files


@pytest.mark.parametrize("content", [b"", b"x", encode_index([])[:-1]])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="list of files"):
        decode_index(content)
