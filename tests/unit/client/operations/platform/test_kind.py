"""Installations as kinds read them."""

from typing import Any, cast

from unshelf.client.http import Http
from unshelf.client.operations.platform.kind import Installation, PlatformKind
from unshelf.client.operations.platform.shapes import text
from unshelf.contracts.errors import NotFound


class Pages:
    """Two pages of projects, and nothing else."""

    def get(self, path: str, cursor: str = "") -> Any:
        if path != "/api/v1/projects":
            raise NotFound
        pages = {"": ([{"name": "a"}, {"name": "old", "archived_at": "x"}], "2"), "2": ([{"name": "b"}], None)}
        items, following = pages[cursor]
        return {"projects": items, "next_cursor": following}


def test_lists_are_read_to_their_end_and_what_is_not_there_is_empty() -> None:
    of = Installation(cast(Http, Pages()))
    assert of.projects() == ["a", "b"]
    assert list(of.listed("/triggers", "triggers")) == []


def test_a_thing_is_known_by_its_key_as_text() -> None:
    kind = PlatformKind(
        name="x", key={"a": text(), "n": text()}, fields={}, listed=lambda _: iter(()), create=None, remedy="y"
    )
    assert kind.key_of({"a": None, "n": 0}) == ("", "0")
