"""Stored profiles."""

import msgspec
import pyarrow as pa
import pytest

from unshelf.records.profiles.building import profile_of
from unshelf.records.profiles.storing import UnreadableProfile, pack, unpack

PROFILE = profile_of(
    [pa.table({"a": [1e308, -1e308, 1.0, None], "b": ["x", "y", "y", None]})], {"a": "number", "b": "category"}
)


def test_what_is_stored_is_read() -> None:
    assert repr(unpack(pack(PROFILE))) == repr(PROFILE)  # NaN, which moments may be, equals nothing


def test_damage_and_later_formats_are_told() -> None:
    stored = pack(PROFILE)
    for damaged in (b"", stored[:20], stored[:8] + b"x" * 40, b"\xff" * 30):
        with pytest.raises(UnreadableProfile, match="damaged"):
            unpack(damaged)
    with pytest.raises(UnreadableProfile, match="format 99"):
        unpack(pack(msgspec.structs.replace(PROFILE, format=99)))
