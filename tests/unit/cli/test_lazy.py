"""Commands are imported when they are asked for, once, and not for their names."""

import pytest

from unshelf.cli.lazy import CommandTable, load


def test_names_import_nothing() -> None:
    table = CommandTable({"gone": "no_such_module:command", "here": "unshelf.cli.deploy.register:models"})
    assert (list(table), len(table), "gone" in table, "other" in table) == (["gone", "here"], 2, True, False)
    with pytest.raises(ModuleNotFoundError):
        table["gone"]


def test_a_command_is_made_once_under_its_name_in_the_table() -> None:
    table = CommandTable({"shelf": "unshelf.cli.deploy.register:models"})
    command = table["shelf"]
    assert command.name == "shelf"
    assert table["shelf"] is command


def test_a_target_names_module_and_attribute() -> None:
    assert load("json:loads") is __import__("json").loads
