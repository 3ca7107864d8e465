"""The digest of a body is computed piece by piece."""

import asyncio
import hashlib
import os

import pytest

from unshelf.gateway.predict.body_hash import StreamingHash
from unshelf.gateway.sealed_buffer import SealedBuffer

CONTENT = os.urandom(40 << 20)


@pytest.mark.parametrize("piece", [len(CONTENT), 10 << 20, 3_000_001])
def test_the_digest_is_that_of_all_however_it_comes(piece: int) -> None:
    async def compute() -> str:
        body = SealedBuffer(len(CONTENT))
        digest = StreamingHash(body)
        for start in range(0, len(CONTENT), piece):
            body.write(CONTENT[start : start + piece])
            digest.update(body.filled)
            await asyncio.sleep(0)
        body.close()
        return await digest.finish()

    assert asyncio.run(compute()) == hashlib.sha256(CONTENT).hexdigest()
