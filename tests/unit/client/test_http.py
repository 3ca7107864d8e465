"""Problems become exceptions, what may be repeated is repeated, and no server is a sentence and not a traceback."""

from pathlib import Path

import pytest

from tests.support.control import TOKEN, Control
from unshelf.client.address import find_token, find_url
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput, Unauthenticated, Unavailable, Unreachable, UnshelfError


def test_a_problem_becomes_the_exception_of_its_code(control: Control, client: Client) -> None:
    faults = [{"row": 3, "column": "age", "expected": "int64", "got": '"five"'}]
    control.problem(
        "POST", "/models/iris/predict", 422, "invalid_input", "Does not fit.", hint="Mend it.", errors=faults, id="p1"
    )
    with pytest.raises(InvalidInput) as caught:
        client.predict("iris", [{"age": "five"}])
    assert (caught.value.hint, caught.value.errors, caught.value.id) == ("Mend it.", faults, "p1")
    assert str(caught.value) == "Does not fit.\n  row 3, column 'age': expected int64, got \"five\"\nMend it."


def test_an_error_that_is_no_problem_still_says_what_came(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/models", "<h1>teapot</h1>", 418)
    with pytest.raises(UnshelfError, match="418"):
        client.models()


def test_something_else_than_unshelf_at_the_address_is_told(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/models", "<h1>hello</h1>")
    with pytest.raises(UnshelfError, match="not JSON"):
        client.models()


def test_no_server_is_told_with_how_to_start_one() -> None:
    with Client("http://127.0.0.1:9", TOKEN) as client, pytest.raises(Unreachable, match="No server at") as caught:
        client.models()
    assert "unshelf up" in caught.value.hint


def test_what_may_be_repeated_is_repeated_while_control_restarts(control: Control, client: Client) -> None:
    """Given a control plane that is away for a moment, when models are listed, then the caller never notices."""
    control.problem("GET", "/api/v1/models", 503, "unavailable", "Starting.")
    control.reply("GET", "/api/v1/models", None, 0)
    control.reply("GET", "/api/v1/models", {"models": []})
    assert client.models() == []
    assert len(control.calls("GET", "/api/v1/models")) == 3


def test_a_prediction_is_never_sent_twice(control: Control, client: Client) -> None:
    control.problem("POST", "/models/iris/predict", 503, "overloaded", "Full.")
    with pytest.raises(Unavailable):
        client.predict("iris", [[1]])
    assert len(control.calls("POST", "/models/iris/predict")) == 1


def test_a_wrong_token_is_told(control: Control) -> None:
    with Client(control.url, "wrong") as stranger, pytest.raises(Unauthenticated):
        stranger.models()


@pytest.mark.parametrize("reference", ["../keys", "a/b", "Iris", "iris:0", "iris@", "iris:1:2", ""])
def test_a_wrong_reference_never_becomes_a_request(control: Control, client: Client, reference: str) -> None:
    with pytest.raises(UnshelfError) as caught:
        client.show(reference)
    assert caught.value.code == "invalid_reference"
    assert control.asked == []


def test_the_token_comes_from_the_argument_the_environment_or_the_home_folder(tmp_path: Path) -> None:
    (tmp_path / "admin-token").write_text("of-the-file\n")
    home = {"UNSHELF_HOME": str(tmp_path)}
    here = "http://127.0.0.1:8000"
    assert find_token(here, "given", home) == "given"
    assert find_token(here, None, home | {"UNSHELF_TOKEN": "of-the-environment"}) == "of-the-environment"
    assert find_token(here, None, home) == "of-the-file"


def test_the_home_folders_token_is_never_sent_to_another_machine(tmp_path: Path) -> None:
    (tmp_path / "admin-token").write_text("of-the-file\n")
    with pytest.raises(Unauthenticated, match=r"No token for http://models\.example\.org"):
        find_token("http://models.example.org", None, {"UNSHELF_HOME": str(tmp_path)})


def test_the_address() -> None:
    assert find_url(None, {}) == "http://127.0.0.1:8000"
    assert find_url(None, {"UNSHELF_URL": "http://h:1/"}) == "http://h:1"
    with pytest.raises(UnshelfError, match="no address"):
        find_url("localhost:8000", {})
