"""Tokens: the secret half of a key, recognisable in a leak and never stored."""

import hashlib
import secrets

TOKEN_PREFIX = "unshelf_"  # noqa: S105 -- the part that is the same in every token


def new_token(prefix: str = TOKEN_PREFIX) -> str:
    """A token nobody can guess: the prefix and 43 URL-safe characters (256 random bits)."""
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return the hash under which a token is stored. One round of SHA-256 is enough, because nobody can try 2^256 tokens."""
    return hashlib.sha256(token.encode()).hexdigest()
