"""The text that is signed is one that other programs can make."""

from unshelf.contracts.protocols.audit import AuditHead, signed_text


def test_the_signed_text_is_four_lines() -> None:
    head = AuditHead(sequence=7, hash="ab", time="2027-01-01T00:00:00+00:00", key="k", signature="s")
    assert signed_text(head) == b"unshelf audit head 1\n7\nab\n2027-01-01T00:00:00+00:00\n"
