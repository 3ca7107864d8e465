"""A signed head is taken only with the right key, and only as it was signed."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.audit_keys import write_keys
from unshelf.client.errors import UnshelfError
from unshelf.client.manage.head_signatures import require_signature
from unshelf.contracts.protocols.audit import AuditHead
from unshelf.manage.audit.signing import HeadSigner

HEAD = AuditHead(sequence=7, hash="a" * 64, time="2027-01-01T00:00:00+00:00")


def test_a_signature_is_good_for_its_head_and_its_key_alone(tmp_path: Path) -> None:
    private, public = write_keys(tmp_path)
    _, stranger = write_keys(tmp_path, "stranger")
    signed = HeadSigner(private).signed(HEAD)
    require_signature(signed, public)
    for head, key in [
        (signed, stranger),
        (replace(signed, sequence=6), public),
        (replace(signed, hash="b" * 64), public),
        (replace(signed, time="2028-01-01T00:00:00+00:00"), public),
        (replace(signed, signature="x"), public),
        (HEAD, public),
    ]:
        with pytest.raises(UnshelfError) as refused:
            require_signature(head, key)
        assert refused.value.code == "bad_signature"


def test_what_is_no_public_key_is_refused(tmp_path: Path) -> None:
    private, _ = write_keys(tmp_path)
    for key in (private, tmp_path / "missing"):
        with pytest.raises(UnshelfError, match="public key"):
            require_signature(HEAD, key)
