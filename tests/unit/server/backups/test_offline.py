"""`unshelf backup` and `unshelf restore`, past the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.support.installations import SmallInstallation, noted_in
from unshelf.contracts.errors import UnshelfError
from unshelf.foundation.ids import first_id_of
from unshelf.server.backups import offline
from unshelf.server.settings import read_settings


def quiet(_: str) -> None:
    """Say nothing."""


def test_a_backup_is_made_listed_verified_restored_and_removed(tmp_path: Path) -> None:
    installation, place = SmallInstallation(tmp_path / "home"), str(tmp_path / "place")
    settings = read_settings(home=installation.home.folder, backup_passphrase="p")
    made = offline.make(settings, place, "sealed", quiet)
    assert offline.listed(settings, place) == {"backups": [made], "damaged": []}
    assert offline.verified(settings, place, made["id"])["problems"] == []
    new = read_settings(home=tmp_path / "new", backup_passphrase="p")
    assert offline.restore(new, place, None, quiet)["home"] == str(tmp_path / "new")
    assert noted_in(tmp_path / "new") == ["first"]
    offline.make(settings, place, "sealed", quiet)
    assert offline.pruned(settings, place, 1)["removed"] == [made["id"]]


def test_errors_are_of_the_product(tmp_path: Path) -> None:
    settings = read_settings(home=tmp_path, backup_passphrase="p")
    with pytest.raises(UnshelfError, match="no database") as missing:
        offline.make(settings, str(tmp_path / "place"), "sealed", quiet)
    assert "UNSHELF_DATABASE" in missing.value.hint
    installation = SmallInstallation(tmp_path / "home")
    with pytest.raises(UnshelfError, match="can't be used"):
        offline.make(read_settings(home=installation.home.folder), "/proc/nowhere/b", "plain", quiet)


def test_a_manifest_that_was_cut_off_is_listed_and_stops_no_other_backup(tmp_path: Path) -> None:
    installation, place = SmallInstallation(tmp_path / "home"), tmp_path / "place"
    settings = read_settings(home=installation.home.folder, backup_passphrase="p")
    good, cut = (offline.make(settings, str(place), "sealed", quiet)["id"] for _ in range(2))
    manifest = place / "backups" / f"{cut}.json"
    manifest.write_bytes(manifest.read_bytes()[:100])
    listed = offline.listed(settings, str(place))
    assert ([each["id"] for each in listed["backups"]], listed["damaged"]) == ([good], [cut])
    new = read_settings(home=tmp_path / "new", backup_passphrase="p")
    with pytest.raises(UnshelfError, match="is damaged") as refused:
        offline.restore(new, str(place), None, quiet)  # an older one than the newest is restored where it is asked for
    assert "another backup" in refused.value.hint
    assert not (tmp_path / "new").exists()
    offline.restore(new, str(place), good, quiet)
    assert noted_in(tmp_path / "new") == ["first"]
    later = offline.make(settings, str(place), "sealed", quiet)
    assert offline.pruned(settings, str(place), 1) == {"removed": [good], "contents_removed": 0}
    assert offline.verified(settings, str(place), None)["id"] == later["id"]


def test_after_a_clock_that_ran_ahead_the_newest_backup_is_the_one_made_last(tmp_path: Path) -> None:
    installation, place = SmallInstallation(tmp_path / "home"), tmp_path / "place"
    settings = read_settings(home=installation.home.folder, backup_passphrase="p")
    made = place / "backups" / f"{offline.make(settings, str(place), 'sealed', quiet)['id']}.json"
    ahead = first_id_of(datetime.now(UTC), timedelta(days=365))
    manifest = msgspec.json.decode(made.read_bytes())
    (place / "backups" / f"{ahead}.json").write_bytes(msgspec.json.encode({**manifest, "id": ahead}))
    made.unlink()
    now = offline.make(settings, str(place), "sealed", quiet)
    assert offline.verified(settings, str(place), None)["id"] == now["id"]
    assert offline.pruned(settings, str(place), 1)["removed"] == [ahead]


def test_a_bucket_without_its_extra_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unshelf.manage.backups.store.places.find_spec", lambda _: None)
    with pytest.raises(UnshelfError, match="needs the extra 's3'") as refused:
        offline.listed(read_settings(home=tmp_path), "s3://bucket/backups")
    assert "pip install 'unshelf[s3]'" in refused.value.hint
