"""Inputs that are still to be read from a connection are told from datasets and from those that were read."""

import pytest

from unshelf.develop.jobs.sources.staging import is_unread


@pytest.mark.parametrize(
    ("facts", "unread"),
    [
        ({"dataset": "orders", "version": 3, "tree": "t"}, False),
        ({"connection": "lake", "path": "a.csv", "tree": "t"}, True),
        ({"connection": "lake", "path": "a.csv", "tree": "t", "sha256": "a" * 64}, False),
    ],
)
def test_a_place_in_a_connection_is_unread_until_its_digest_is_known(facts: dict[str, object], unread: bool) -> None:
    assert is_unread(facts) == unread
