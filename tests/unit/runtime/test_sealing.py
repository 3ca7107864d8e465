"""Sealing: opened with the key and the place that it was sealed for, and with nothing else."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from unshelf.runtime.sealing import BadKeyFile, SealBroken, Sealed, Sealer

VALUE = b"correct horse battery staple"


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return Sealer(tmp_path / "secrets-key")


def test_what_was_sealed_is_opened_and_can_not_be_read_otherwise(sealer: Sealer) -> None:
    first, second = sealer.seal(VALUE, about="a"), sealer.seal(VALUE, about="a")
    assert sealer.open(first, about="a") == sealer.open(second, about="a") == VALUE
    assert VALUE not in first.content
    assert first.content != second.content, "nobody sees that two values are the same"


def test_the_key_file_is_made_at_the_first_use_and_is_its_owners_alone(sealer: Sealer) -> None:
    assert sealer.key_ids() == []
    sealed = sealer.seal(VALUE, about="a")
    assert sealer.key_ids() == [sealed.key_id]
    assert stat.S_IMODE(sealer.path.stat().st_mode) == 0o600
    sealer.path.chmod(0o644)
    sealer.key_ids()
    assert stat.S_IMODE(sealer.path.stat().st_mode) == 0o600


def test_of_many_that_make_the_key_file_at_once_all_use_the_same_key(sealer: Sealer) -> None:
    with ThreadPoolExecutor(8) as threads:
        sealed = list(threads.map(lambda _: sealer.seal(VALUE, about="a"), range(8)))
    assert {each.key_id for each in sealed} == set(sealer.key_ids())
    assert [path.name for path in sealer.path.parent.iterdir()] == ["secrets-key"]


def test_a_sealed_value_is_bound_to_its_place(sealer: Sealer) -> None:
    with pytest.raises(SealBroken, match="not what was sealed"):
        sealer.open(sealer.seal(VALUE, about="secret model a KEY"), about="secret model b KEY")


@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_changed_value_is_refused(sealer: Sealer, place: int) -> None:
    sealed = sealer.seal(VALUE, about="a")
    content = bytearray(sealed.content)
    content[place] ^= 1
    with pytest.raises(SealBroken):
        sealer.open(Sealed(key_id=sealed.key_id, content=bytes(content)), about="a")
    with pytest.raises(SealBroken):
        sealer.open(Sealed(key_id=sealed.key_id, content=b""), about="a")


def test_a_new_key_in_the_first_line_seals_and_the_old_one_still_opens(sealer: Sealer, tmp_path: Path) -> None:
    old = sealer.seal(VALUE, about="a")
    other = Sealer(tmp_path / "other")
    other.seal(b"", about="")
    sealer.path.write_text(other.path.read_text() + sealer.path.read_text())
    new = sealer.seal(VALUE, about="a")
    assert new.key_id != old.key_id
    assert sealer.open(old, about="a") == sealer.open(new, about="a") == VALUE


def test_a_lost_key_is_named(sealer: Sealer) -> None:
    sealed = sealer.seal(VALUE, about="a")
    sealer.path.unlink()
    with pytest.raises(SealBroken, match=f"the key {sealed.key_id} is not in"):
        sealer.open(sealed, about="a")


@pytest.mark.parametrize("content", ["", "k1 too-short\n", "k1\n", "no key at all\n", "\udcff"])
def test_a_file_that_holds_something_else_is_never_overwritten(sealer: Sealer, content: str) -> None:
    sealer.path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadKeyFile):
        sealer.seal(VALUE, about="a")
    assert sealer.path.read_bytes() == content.encode("utf-8", "surrogateescape")
