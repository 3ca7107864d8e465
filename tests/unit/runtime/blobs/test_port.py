"""Only a SHA-256 digest names a blob."""

import pytest

from unshelf.contracts.errors import MalformedRequest
from unshelf.runtime.blobs.port import checked_digest

DIGEST = "0123456789abcdef" * 4


def test_a_digest_is_given_back() -> None:
    assert checked_digest(DIGEST) == DIGEST


@pytest.mark.parametrize("wrong", ["", DIGEST[1:], DIGEST + "0", DIGEST.upper(), DIGEST[:-1] + "g", DIGEST + "\n", "../" * 30])  # fmt: skip
def test_anything_else_is_refused_and_shown_in_part(wrong: str) -> None:
    with pytest.raises(MalformedRequest, match="no SHA-256 digest") as raised:
        checked_digest(wrong)
    assert len(str(raised.value)) < 200
