"""Tokens are recognisable, differ from one another, and are stored as a digest."""

import hashlib
import re

from unshelf.manage.keys.tokens import new_token, token_hash


def test_tokens_are_recognisable_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"unshelf_[\w-]{43}", token) for token in tokens)


def test_the_digest_is_that_which_gateways_look_up() -> None:
    assert token_hash("unshelf_x") == hashlib.sha256(b"unshelf_x").hexdigest()
