"""Chunks are passed on as they come, and refused at their end, or at the limit, unless they are what was announced."""

import hashlib

import pytest

from unshelf.contracts.errors import BodyTooLarge, MalformedRequest
from unshelf.runtime.blobs.writing import VerifiedChunks

CHUNKS = [b"ab", b"", b"cde"]
DIGEST = hashlib.sha256(b"abcde").hexdigest()


def test_the_right_chunks_pass_and_are_counted() -> None:
    verified = VerifiedChunks(DIGEST, CHUNKS, limit=5)
    assert list(verified) == CHUNKS
    assert verified.size == 5


def test_chunks_with_another_digest_are_refused_at_their_end() -> None:
    passed = []
    with pytest.raises(MalformedRequest, match="These 4 bytes"):
        passed.extend(VerifiedChunks(DIGEST, [b"ab", b"cd"], limit=5))
    with pytest.raises(MalformedRequest):
        list(VerifiedChunks(DIGEST, [], limit=5))


def test_the_first_chunk_beyond_the_limit_is_not_passed_on() -> None:
    passed: list[bytes] = []
    with pytest.raises(BodyTooLarge, match="at most 4 bytes"):
        for chunk in VerifiedChunks(DIGEST, CHUNKS, limit=4):
            passed.append(chunk)  # noqa: PERF402 -- what came before the error counts
    assert passed == [b"ab", b""]


def test_an_error_of_the_sender_is_passed_on() -> None:
    def broken() -> object:
        yield b"ab"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        list(VerifiedChunks(DIGEST, broken(), limit=5))  # type: ignore[arg-type]
