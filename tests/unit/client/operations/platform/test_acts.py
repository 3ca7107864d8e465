"""Acts that kinds have in common."""

from typing import cast

from unshelf.client.operations.platform import acts
from unshelf.client.operations.platform.kind import Installation, Item

NOWHERE = cast(Installation, None)


def test_an_address_is_filled_with_quoted_fields() -> None:
    assert acts.filled("/data/{name}/x", {"name": "a/b c"}) == "/data/a%2Fb%20c/x"
    assert acts.place_path("project:a/b") == "/projects/a%2Fb" and acts.place_path("installation") == ""


def test_a_list_gains_and_loses_and_what_is_not_named_stays() -> None:
    assert acts.sets({"allow": ["a", "b"]}, {"allow": ["c", "b"]}, "allow") == (["c"], ["a"])
    assert acts.sets({"allow": ["a"]}, {}, "allow") == ([], [])


def test_a_thing_is_made_again_where_no_route_changes_the_field() -> None:
    done: list[tuple[str, Item]] = []
    change = acts.make_again_for(
        ("kind",),
        lambda of, before, after: done.append(("change", after)),
        lambda of, item: done.append(("remove", item)),
        lambda of, item: done.append(("create", item)),
    )
    before = {"kind": "a", "cron": "x"}
    change(NOWHERE, before, {"cron": "y"})
    change(NOWHERE, before, {"kind": "b"})
    assert done == [("change", {"cron": "y"}), ("remove", before), ("create", {"kind": "b", "cron": "x"})]
