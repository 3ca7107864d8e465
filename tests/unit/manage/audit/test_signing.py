"""Heads are signed with an Ed25519 key, and with nothing else."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.audit_keys import write_keys
from unshelf.client.manage.head_signatures import require_signature
from unshelf.contracts.protocols.audit import AuditHead
from unshelf.manage.audit.signing import BadSigningKey, HeadSigner

HEAD = AuditHead(sequence=7, hash="a" * 64, time="2027-01-01T00:00:00+00:00")


def test_a_signature_names_its_key_and_is_good(tmp_path: Path) -> None:
    private, public = write_keys(tmp_path)
    signed = HeadSigner(private).signed(HEAD)
    assert (signed.sequence, signed.hash, len(signed.key)) == (7, "a" * 64, 44)
    require_signature(signed, public)


def test_what_is_no_ed25519_key_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(
        generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(BadSigningKey, match="Ed25519"):
        HeadSigner(other)
    for content in (b"", b"no key", write_keys(tmp_path)[1].read_bytes()):
        other.write_bytes(content)
        with pytest.raises(BadSigningKey, match="can't be read"):
            HeadSigner(other)
    with pytest.raises(BadSigningKey):
        HeadSigner(tmp_path / "missing")
