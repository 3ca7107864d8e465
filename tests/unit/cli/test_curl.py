"""The curl line works as it is: quoted for the shell, with the token from where the client takes it."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from unshelf.cli.curl import curl_line, sample_rows
from unshelf.client.login.contexts import LoginContext, save_context


def words(line: str) -> list[str]:
    return shlex.split(line.replace("\\\n", " "))


def test_rows_with_quotes_reach_curl_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSHELF_TOKEN", "secret")
    line = curl_line("http://host/models/iris/predict", [{"name": 'O\'Hara "x" $HOME'}])
    command = words(line)
    assert json.loads(command[command.index("-d") + 1]) == {"inputs": [{"name": 'O\'Hara "x" $HOME'}]}
    assert command[-1] == "http://host/models/iris/predict"
    assert "Authorization: Bearer $UNSHELF_TOKEN" in line
    assert "secret" not in line


def test_the_token_comes_from_its_file_where_one_is_named(tmp_path: Path) -> None:
    assert "$(cat '/a b/token')" in curl_line("http://host", [], token_file=Path("/a b/token"))


def test_a_token_that_lies_in_no_file_is_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who logged in on a machine of their own has no administrator's token there."""
    monkeypatch.delenv("UNSHELF_TOKEN", raising=False)
    monkeypatch.setenv("UNSHELF_CONFIG", str(tmp_path))
    monkeypatch.setenv("UNSHELF_HOME", str(tmp_path))
    assert "Bearer $UNSHELF_TOKEN" in curl_line("https://models.example.org/models/iris/predict", [])
    (tmp_path / "admin-token").write_text("of the server that runs here")
    assert f"$(cat {tmp_path}/admin-token)" in curl_line("http://127.0.0.1:8000/models/iris/predict", [])
    save_context("theirs", LoginContext(url="https://models.example.org", user="bob", token="t"))
    assert "Bearer $UNSHELF_TOKEN" in curl_line("https://models.example.org/models/iris/predict", [])


def test_rows_that_are_too_many_come_from_a_file() -> None:
    assert "-d @rows.json" in curl_line("http://host", ["x" * 2000])


@pytest.mark.parametrize(
    ("inputs", "rows"),
    [
        (
            {
                "kind": "columns",
                "columns": [{"name": "a", "type": "float64"}, {"name": "b", "type": "string", "categories": ["k"]}],
            },
            [{"a": 0.0, "b": "k"}],
        ),
        ({"kind": "tensors", "tensors": [{"name": "t", "type": "int64", "shape": [-1, 2, -1]}]}, [[[0], [0]]]),
        (
            {
                "kind": "tensors",
                "tensors": [
                    {"name": "t", "type": "bool", "shape": [-1]},
                    {"name": "u", "type": "string", "shape": [-1]},
                ],
            },
            [{"t": False, "u": "text"}],
        ),
        (
            {
                "kind": "columns",
                "columns": [{"name": "a", "type": "bool"}, {"name": "b", "type": "int64", "default": 1}],
            },
            [{"a": False}],
        ),
        ({"kind": "columns", "columns": [{"name": "b", "type": "int64", "default": 1}]}, [{"b": 0}]),
    ],
)
def test_a_sample_row_has_a_value_for_every_field_that_is_needed(inputs: dict[str, Any], rows: list[Any]) -> None:
    assert sample_rows({"inputs": inputs}) == rows
