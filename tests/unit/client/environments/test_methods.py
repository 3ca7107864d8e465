"""Methods for environments: what each asks of the server."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.control import Control, running_control
from tests.support.routes import TOKEN
from unshelf.client.client import Client
from unshelf.client.errors import DeployFailed
from unshelf.client.results import Event

API = "/api/v1/environments"


@pytest.fixture
def control() -> Iterator[Control]:
    with running_control() as running:
        yield running


@pytest.fixture
def client(control: Control) -> Iterator[Client]:
    with Client(control.url, TOKEN) as opened:
        yield opened


def test_a_build_is_followed_to_its_end(control: Control, client: Client) -> None:
    said: list[Event] = []
    control.reply("POST", f"{API}/builds", {"id": "b1"}, 202)
    end = {"step": "end", "state": "done", "reference": "own:1", "environment": "e" * 64}
    control.reply("GET", f"{API}/builds/b1/events", [{"step": "lock", "state": "done", "detail": "2 packages"}, end])
    made = client.build_environment("own", ["six"], base="base", notes="n", report=said.append)
    assert made == {"reference": "own:1", "environment": "e" * 64}
    assert [(event.step, event.detail) for event in said] == [("lock", "2 packages")]
    (asked,) = control.calls("POST", f"{API}/builds")
    assert (asked.json["base"], asked.json["requirements"], asked.json["notes"]) == ("base", ["six"], "n")


def test_a_build_that_fails_raises_with_its_step(control: Control, client: Client) -> None:
    control.reply("POST", f"{API}/builds", {"id": "b1"}, 202)
    error = {"code": "lock_failed", "step": "lock", "detail": "No such package.", "hint": "Check it.", "log": "uv"}
    control.reply("GET", f"{API}/builds/b1/events", [{"step": "end", "state": "failed", "error": error}])
    with pytest.raises(DeployFailed, match="No such package") as failed:
        client.build_environment("own", ["nothing"])
    assert (failed.value.step, failed.value.code) == ("lock", "lock_failed")


def test_lists_are_asked_for_with_their_filters(control: Control, client: Client) -> None:
    control.reply("GET", f"{API}/names", {"environments": [{"name": "own"}], "next_cursor": None})
    assert client.named_environments(project="risk", curated=False, in_use=True) == [{"name": "own"}]
    assert control.asked[-1].path == f"{API}/names?project=risk&curated=false&in_use=true"


def test_an_archive_comes_as_a_folder(control: Control, client: Client, tmp_path: Path) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("requirements.txt"))
    control.reply("GET", f"{API}/own%3A1/archive", content.getvalue())
    control.reply("GET", f"{API}/own:1/archive", content.getvalue())
    assert client.export_environment("own:1", tmp_path / "out") == ["requirements.txt"]
