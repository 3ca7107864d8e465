"""Processes that open connections: no credential in what they say, and kinds that need a library."""

from pathlib import Path

import pytest

from tests.unit.develop.connections.test_read_process import order
from unshelf.contracts.errors import Unavailable
from unshelf.develop.connections import process
from unshelf.develop.connections.process import module_for, without_credentials


def test_no_secret_stays_in_a_text_also_not_as_addresses_write_it(tmp_path: Path) -> None:
    given = order(tmp_path, credentials={"user": "ana", "password": "p/w %", "token": "t0"})
    text = "ana used p/w % as p/w%20%25 and p%2Fw%20%25"
    assert without_credentials(text, given) == "ana used [hidden] as [hidden] and [hidden]"


def test_a_kind_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module_for("local", "sources").__name__.endswith("sources.local")
    monkeypatch.setattr(process, "find_spec", lambda name: None)
    with pytest.raises(Unavailable) as refused:
        module_for("sql", "targets")
    assert "pip install 'unshelf[postgres]'" in refused.value.hint
