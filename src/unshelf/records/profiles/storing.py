"""Stored profiles: MessagePack, compressed. JSON has no infinite numbers, which moments may be."""

import msgspec
import pyarrow as pa

from unshelf.contracts.protocols.profiles import FORMAT, TableProfile

_CODEC = "zstd"
_MOST_BYTES = 256 << 20


class UnreadableProfile(Exception):
    """A stored profile is damaged, or of a format that is not known."""


def pack(profile: TableProfile) -> bytes:
    """Return what is stored of a profile: its length in 8 bytes, and its compressed content."""
    content = msgspec.msgpack.encode(profile)
    return len(content).to_bytes(8, "little") + pa.compress(content, codec=_CODEC, asbytes=True)  # type: ignore[no-any-return]


def unpack(stored: bytes) -> TableProfile:
    """Return a stored profile. Raises UnreadableProfile."""
    size = int.from_bytes(stored[:8], "little")
    if size > _MOST_BYTES:
        raise UnreadableProfile("a stored profile is damaged: it says that it is larger than any")
    try:
        content = pa.decompress(stored[8:], size, codec=_CODEC, asbytes=True)
        profile = msgspec.msgpack.decode(content, type=TableProfile)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableProfile(f"a stored profile is damaged: {error}") from error
    if profile.format != FORMAT:
        raise UnreadableProfile(f"a stored profile has the format {profile.format}; this release reads {FORMAT}")
    return profile
