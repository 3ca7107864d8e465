"""The file of authorities: the operator's, else the system's, else none; a library's own variable is left to it."""

from pathlib import Path

import pytest

from unshelf.runtime.machine import authorities
from unshelf.runtime.machine.authorities import authorities_file


def test_the_operators_file_goes_before_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named, system = tmp_path / "named.pem", tmp_path / "system.pem"
    system.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(named))
    monkeypatch.setattr(authorities, "_FILES", (str(tmp_path / "elsewhere"), str(system)))
    assert authorities_file() == str(system)
    named.touch()
    assert authorities_file() == str(named)


def test_a_machine_without_a_store_and_a_library_with_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "absent"))
    monkeypatch.setattr(authorities, "_FILES", ())
    assert authorities_file() is None
    monkeypatch.setenv("SSL_CERT_FILE", __file__)
    monkeypatch.setenv("AWS_CA_BUNDLE", "/own.pem")
    assert authorities_file("AWS_CA_BUNDLE") is None
