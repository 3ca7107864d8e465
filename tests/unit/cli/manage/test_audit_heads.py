"""Files of heads: the last head counts, and what is none is named."""

from pathlib import Path

import pytest

from tests.support.audit_keys import write_keys
from unshelf.cli.manage.audit_heads import head_line, read_head
from unshelf.client.errors import UnshelfError
from unshelf.contracts.protocols.audit import AuditHead
from unshelf.manage.audit.signing import HeadSigner


def head(sequence: int) -> AuditHead:
    return AuditHead(sequence=sequence, hash="a" * 64, time="2027-01-01T00:00:00+00:00")


def test_the_last_head_counts(tmp_path: Path) -> None:
    private, public = write_keys(tmp_path)
    signer, file = HeadSigner(private), tmp_path / "heads.jsonl"
    file.write_bytes(b"".join(head_line(signer.signed(head(number))) for number in (3, 9, 5)))
    found = read_head(file, public)
    assert (found and found.sequence) == 9
    assert read_head(None, None) is None


def test_what_is_no_head_is_named(tmp_path: Path) -> None:
    file = tmp_path / "heads.jsonl"
    for content in (b"", b"{}", b"no json"):
        file.write_bytes(content)
        with pytest.raises(UnshelfError, match="holds no heads"):
            read_head(file, None)
    with pytest.raises(UnshelfError, match="holds no heads"):
        read_head(tmp_path / "missing", None)
    with pytest.raises(UnshelfError, match="A key verifies a head"):
        read_head(None, file)
