"""Backends by name: what a setting chooses is there, or the start is refused and says what to do."""

from pathlib import Path

import pytest

from unshelf.server import backends
from unshelf.server.backends import PORTS, UnknownBackend, load_backend, refuse_unusable_backends
from unshelf.server.extras import ExtraMissing
from unshelf.server.settings import Settings


@pytest.mark.parametrize(("port", "name"), [(port, name) for port, table in PORTS.items() for name in table])
def test_every_name_leads_to_a_class(port: str, name: str) -> None:
    assert isinstance(load_backend(port, name), type)


def test_every_port_has_its_setting_whose_default_is_a_backend(tmp_path: Path) -> None:
    refuse_unusable_backends(Settings(home=tmp_path))


def test_a_backend_that_does_not_exist_stops_the_start_and_names_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(UnknownBackend, match=r"UNSHELF_LAUNCHER chooses 'slurm'.*process"):
        refuse_unusable_backends(Settings(home=tmp_path, launcher="slurm"))


def test_a_backend_whose_library_is_missing_stops_the_start_and_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = Settings(home=tmp_path, database="postgresql://unshelf@localhost/unshelf")
    refuse_unusable_backends(chosen)

    installed = backends.find_spec
    monkeypatch.setattr(backends, "find_spec", lambda name: None if name == "psycopg" else installed(name))

    with pytest.raises(ExtraMissing, match=r"unshelf\[postgres\]"):
        refuse_unusable_backends(chosen)
    refuse_unusable_backends(Settings(home=tmp_path))


@pytest.mark.parametrize("wrong", ["gs://bucket", "s3:", "/folder", "files://x"])
def test_blobs_lie_in_files_or_in_a_bucket(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ValueError, match="blobs"):
        Settings(home=tmp_path, blobs=wrong)
    refuse_unusable_backends(Settings(home=tmp_path, blobs="s3://bucket/prefix"))


@pytest.mark.parametrize("wrong", ["postgres", "mysql://x/y", "sqlite:/x"])
def test_a_database_is_a_url_of_a_known_kind(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ValueError, match="database"):
        Settings(home=tmp_path, database=wrong)
