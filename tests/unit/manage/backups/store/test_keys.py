"""Keys in backups."""

from pathlib import Path

import pytest

from unshelf.contracts.home import Home
from unshelf.manage.backups.store.keys import WrongPassphrase, key_state, opened_keys, pack_keys, unpack_keys


def test_sealed_keys_open_with_their_passphrase_alone(tmp_path: Path) -> None:
    home, new = Home(tmp_path), Home(tmp_path / "new")
    new.folder.mkdir()
    home.secrets_key.write_text("a key\n")
    packed = pack_keys(home, "sealed", "pass")
    assert packed is not None and b"a key" not in packed
    assert packed != pack_keys(home, "sealed", "pass"), "each has a salt of its own"
    for wrong in ("Pass", ""):
        with pytest.raises(WrongPassphrase):
            opened_keys(packed, "sealed", wrong)
    unpack_keys(new, packed, "sealed", "pass")
    assert new.secrets_key.read_text() == "a key\n" and not new.admin_token.exists()


def test_a_packed_name_leads_nowhere_else(tmp_path: Path) -> None:
    unpack_keys(Home(tmp_path), b'{"../evil": "x", "evil": "x"}', "plain", "")
    assert list(tmp_path.iterdir()) == []


def test_sealing_needs_a_passphrase() -> None:
    assert key_state("without", "") == "without"
    with pytest.raises(WrongPassphrase, match="no passphrase"):
        key_state("sealed", "")
