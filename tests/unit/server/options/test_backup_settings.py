"""Settings of backups."""

import pytest

from unshelf.server.settings import read_settings


def test_scheduled_backups_need_a_passphrase_or_another_choice(tmp_path: object) -> None:
    with pytest.raises(ValueError, match="UNSHELF_BACKUP_PASSPHRASE"):
        read_settings(home=tmp_path, backup_to="/b")
    assert read_settings(home=tmp_path, backup_to="s3://b/p", backup_passphrase="p").backup_every == 24
    assert read_settings(home=tmp_path, backup_to="/b", backup_key="without").backup_keep == 14


@pytest.mark.parametrize("place", ["relative/path", "s3://", "https://x"])
def test_a_place_is_an_absolute_path_or_a_bucket(tmp_path: object, place: str) -> None:
    with pytest.raises(ValueError, match="backup_to"):
        read_settings(home=tmp_path, backup_to=place, backup_key="plain")
